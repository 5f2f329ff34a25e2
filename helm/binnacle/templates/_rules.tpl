{{- /* Who may do what through the API server: the verbs that each uses and, where Kubernetes can tell, the names. */}}

{{- /* A rule. (list APIGROUP RESOURCE VERBS NAME...), VERBS a text of words. */}}
{{- define "binnacle.rule" -}}
- apiGroups: [{{ index . 0 | quote }}]
  resources: [{{ index . 1 }}]
  {{- with slice . 3 }}
  resourceNames: {{ toJson . }}
  {{- end }}
  verbs: {{ splitList " " (index . 2) | toJson }}
{{- end }}

{{- define "binnacle.memberRules" -}}
{{- $name := include "binnacle.fullname" . -}}
{{- $pods := list }}
{{- range until 9 }}
{{- $pods = append $pods (printf "%s-%d" $name .) }}
{{- end -}}
{{ include "binnacle.rule" (list "apps" "statefulsets" "get" $name) }}
{{ include "binnacle.rule" (concat (list "" "pods" "get") $pods) }}
{{ include "binnacle.rule" (list "" "configmaps" "create") }}
{{ include "binnacle.rule" (list "" "configmaps" "get update" (printf "%s-cluster" $name)) }}
{{ include "binnacle.rule" (list "" "events" "create patch") }}
{{- end }}

{{- define "binnacle.reconcileRules" -}}
{{- $name := include "binnacle.fullname" . -}}
{{- $secrets := list }}
{{- range list "server" "peer" "client" }}
{{- $secrets = append $secrets (include "binnacle.tlsSecret" (list $ .)) }}
{{- end }}
{{- $pods := list }}
{{- $claims := list }}
{{- range until 9 }}
{{- $pods = append $pods (printf "%s-%d" $name .) }}
{{- $claims = append $claims (printf "data-%s-%d" $name .) }}
{{- end -}}
{{ include "binnacle.rule" (list "apps" "statefulsets" "get" $name) }}
{{ include "binnacle.rule" (concat (list "" "pods" "get patch") $pods) }}
{{ include "binnacle.rule" (concat (list "" "persistentvolumeclaims" "get patch") $claims) }}
{{- if eq .Values.tls.issuer "self" }}
{{ include "binnacle.rule" (list "" "secrets" "create") }}
{{ include "binnacle.rule" (concat (list "" "secrets" "get update" (printf "%s-ca" $name)) $secrets) }}
{{- else }}
{{ include "binnacle.rule" (concat (list "" "secrets" "get") $secrets) }}
{{- end }}
{{ include "binnacle.rule" (list "" "configmaps" "create") }}
{{ include "binnacle.rule" (list "" "configmaps" "get" (printf "%s-config" $name) (printf "%s-cluster" $name)) }}
{{ include "binnacle.rule" (list "" "configmaps" "get update" (printf "%s-tls" $name)) }}
{{ include "binnacle.rule" (list "" "events" "create patch") }}
{{- end }}

{{- define "binnacle.backupRules" -}}
{{- $name := include "binnacle.fullname" . -}}
{{ include "binnacle.rule" (list "apps" "statefulsets" "get" $name) }}
{{ include "binnacle.rule" (list "" "configmaps" "create") }}
{{ include "binnacle.rule" (list "" "configmaps" "get update" (printf "%s-cluster" $name)) }}
{{ include "binnacle.rule" (list "" "configmaps" "get patch" (printf "%s-backup-status" $name)) }}
{{ include "binnacle.rule" (list "" "events" "create patch") }}
{{- end }}
