{{- define "binnacle.notes" -}}
{{- $name := include "binnacle.fullname" . }}
{{- $ns := .Release.Namespace }}
{{- $upgrade := printf "helm upgrade %s CHART -n %s --reset-then-reuse-values" .Release.Name $ns }}
{{- $scheme := eq .Values.tls.mode "plain" | ternary "http" "https" }}
{{- $spare := div (sub .Values.members 1) 2 }}
{{ .Values.members }} member{{ if gt (int .Values.members) 1 }}s{{ end }}, which survive{{ if eq (int .Values.members) 1 }}s{{ end }} the loss of {{ $spare }}. Clients inside Kubernetes reach them at
  {{ $scheme }}://{{ include "binnacle.host" . }}:2379

Wait until it serves, and ask how it is:
  kubectl -n {{ $ns }} rollout status statefulset/{{ $name }}
  kubectl -n {{ $ns }} exec {{ $name }}-0 -- binnacle ctl endpoint status --cluster -w table
  kubectl -n {{ $ns }} exec {{ $name }}-0 -- binnacle ctl put greeting hello
If it does not: kubectl -n {{ $ns }} exec {{ $name }}-0 -- binnacle doctor
{{- if ne .Values.tls.mode "plain" }}
{{- $secret := include "binnacle.tlsSecret" (list . "client") }}

{{ if eq .Values.tls.mode "mutual" }}Clients show the certificate of Secret {{ $secret }} and trust its ca.crt{{ else }}Clients trust ca.crt of Secret {{ $secret }}{{ end }}:
  kubectl -n {{ $ns }} get secret {{ $secret }} -o go-template='{{ "{{range $k, $v := .data}}{{$k}}: {{len $v}} bytes{{\"\\n\"}}{{end}}" }}'
  kubectl -n {{ $ns }} get secret {{ $secret }} -o go-template='{{ "{{index .data \"ca.crt\" | base64decode}}" }}' > ca.crt
{{- if eq .Values.tls.issuer "self" }}
A new CA, with no request lost:
  {{ $upgrade }} --set tls.caGeneration={{ add 1 .Values.tls.caGeneration }}
{{- end }}
{{- end }}
{{- if eq .Values.service.type "NodePort" }}

Clients outside reach it through port 2379 of Service {{ $name }} on each node:
  kubectl -n {{ $ns }} get service {{ $name }} -o jsonpath='{.spec.ports[0].nodePort}'
{{- else if eq .Values.service.type "LoadBalancer" }}

Clients outside reach it at the address that the load balancer gets:
  kubectl -n {{ $ns }} get service {{ $name }} -o jsonpath='{.status.loadBalancer.ingress}'
{{- end }}

Scale, while it serves:
  {{ $upgrade }} --set members={{ index (list 3 3 3 5 5 3 3 3 3 3) (int .Values.members) }}
{{- if .Values.backup.enabled }}

Backups are made at {{ .Values.backup.schedule }} (UTC). Make one now, and see what there is:
  kubectl -n {{ $ns }} create job --from=cronjob/{{ $name }}-backup {{ $name }}-backup-now
  kubectl -n {{ $ns }} get configmap {{ $name }}-backup-status -o jsonpath='{.data.status\.json}'
{{- else }}

There are no backups. Every six hours, onto a volume, each one restored and checked before it counts:
  {{ $upgrade }} --set backup.enabled=true
{{- end }}
{{- with include "binnacle.warnings" . | fromJsonArray }}

Before you go on:
{{- range . }}
  - {{ . }}
{{- end }}
{{- end }}
{{- end }}
