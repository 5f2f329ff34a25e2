{{- /* R: the beginning of all names. */}}
{{- define "binnacle.fullname" -}}
{{- $shared := .Values.name | default "" }}
{{- $override := .Values.fullnameOverride | default $shared }}
{{- if $override }}{{ $override }}
{{- else }}
{{- $chart := .Values.nameOverride | default .Chart.Name }}
{{- if contains $chart .Release.Name }}{{ .Release.Name }}
{{- else }}{{ printf "%s-%s" .Release.Name $chart }}
{{- end }}
{{- end }}
{{- end }}

{{- define "binnacle.headless" -}}
{{ include "binnacle.fullname" . }}-headless
{{- end }}

{{- /* What the Services and the StatefulSet select: frozen. */}}
{{- define "binnacle.selector" -}}
app.kubernetes.io/name: binnacle
app.kubernetes.io/instance: {{ include "binnacle.fullname" . | quote }}
app.kubernetes.io/component: member
{{- end }}

{{- /* Labels of pods: what changes here restarts members. (list $ COMPONENT) */}}
{{- define "binnacle.podLabels" -}}
{{- $root := index . 0 }}
{{- $labels := dict
      "app.kubernetes.io/name" "binnacle"
      "app.kubernetes.io/instance" (include "binnacle.fullname" $root)
      "app.kubernetes.io/component" (index . 1)
      "app.kubernetes.io/part-of" "binnacle" }}
{{- merge $labels $root.Values.commonLabels | toYaml }}
{{- end }}

{{- /* The beginning of every object's metadata. (list $ NAME COMPONENT [LABELS]) */}}
{{- define "binnacle.metadata" -}}
{{- $root := index . 0 }}
{{- $labels := include "binnacle.podLabels" (list $root (index . 2)) | fromYaml }}
{{- $_ := set $labels "app.kubernetes.io/version" $root.Chart.AppVersion }}
{{- $_ := set $labels "app.kubernetes.io/managed-by" $root.Release.Service }}
{{- $_ := set $labels "helm.sh/chart" (printf "%s-%s" $root.Chart.Name ($root.Chart.Version | replace "+" "_")) }}
{{- range slice . 3 }}{{ $labels = mergeOverwrite $labels . }}{{ end }}
name: {{ index . 1 | quote }}
namespace: {{ $root.Release.Namespace | quote }}
labels:
  {{- toYaml $labels | nindent 2 }}
{{- end }}

{{- define "binnacle.host" -}}
{{ include "binnacle.fullname" . }}.{{ .Release.Namespace }}.svc.{{ .Values.tls.clusterDomain }}
{{- end }}

{{- /* Secrets with certificates. (list $ server|peer|client) */}}
{{- define "binnacle.tlsSecret" -}}
{{- $root := index . 0 }}
{{- $tls := $root.Values.tls }}
{{- $provided := eq $tls.issuer "provided" | ternary (index $tls.provided (printf "%sSecret" (index . 1))) "" }}
{{- $provided | default (printf "%s-%s-tls" (include "binnacle.fullname" $root) (index . 1)) }}
{{- end }}

{{- /* An object of extraDeploy: only texts are templates. (list $ OBJECT) */}}
{{- define "binnacle.rendered" -}}
{{- $object := index . 1 }}
{{- if kindIs "string" $object }}{{ tpl $object (index . 0) }}
{{- else }}{{ toYaml $object }}
{{- end }}
{{- end }}
