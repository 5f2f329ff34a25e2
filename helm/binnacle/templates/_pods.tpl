{{- /* Everything of a pod's spec but its containers and volumes; the restricted profile. (list $ SERVICEACCOUNT) */}}
{{- define "binnacle.podSpec" -}}
{{- $root := index . 0 }}
serviceAccountName: {{ index . 1 | quote }}
automountServiceAccountToken: true
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  fsGroup: 65532
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile:
    type: RuntimeDefault
{{- with include "binnacle.pullSecrets" $root | fromJsonArray }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $root.Values.placement.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $root.Values.placement.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- /* What all containers have. (list $ NAME) */}}
{{- define "binnacle.container" -}}
{{- $root := index . 0 }}
name: {{ index . 1 | quote }}
image: {{ include "binnacle.image" $root | quote }}
imagePullPolicy: {{ $root.Values.image.pullPolicy | quote }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
terminationMessagePolicy: FallbackToLogsOnError
{{- end }}

{{- define "binnacle.podIdentity" -}}
- name: POD_NAME
  valueFrom:
    fieldRef:
      fieldPath: metadata.name
- name: POD_NAMESPACE
  valueFrom:
    fieldRef:
      fieldPath: metadata.namespace
{{- end }}

{{- /* What a member asks of its node; nothing where that is emptied. */}}
{{- define "binnacle.resources" -}}
{{- $resources := dict }}
{{- range $kind, $amounts := .Values.resources }}
{{- range $resource, $amount := $amounts }}
{{- if $amount }}{{ $resources = merge $resources (dict $kind (dict $resource $amount)) }}{{ end }}
{{- end }}
{{- end }}
{{- with $resources }}
resources:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- /* The volume at /etc/binnacle/tls. What is missing stays out of it until it is there. (list $ server|peer...) */}}
{{- define "binnacle.tlsVolume" -}}
{{- $root := index . 0 }}
name: tls
projected:
  defaultMode: 288 # 0440: read by the pod's group
  sources:
    {{- range rest . }}
    {{- $folder := . }}
    - secret:
        name: {{ include "binnacle.tlsSecret" (list $root .) | quote }}
        optional: true
        items:
          {{- range list "tls.crt" "tls.key" "ca.crt" }}
          - key: {{ . | quote }}
            path: {{ $folder }}/{{ . }}
          {{- end }}
    {{- end }}
    - configMap:
        name: {{ include "binnacle.fullname" $root }}-tls
        optional: true
        items:
          - key: policy.json
            path: policy.json
{{- end }}
