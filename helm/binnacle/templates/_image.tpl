{{- /* As container runtimes take it. A digest goes before the tag. */}}
{{- define "binnacle.image" -}}
{{- $image := .Values.image }}
{{- $registry := .Values.global.imageRegistry | default $image.registry }}
{{- $registry | empty | ternary "" (printf "%s/" $registry) }}{{ $image.repository }}
{{- $image.digest | empty | ternary (printf ":%s" $image.tag) (printf "@%s" $image.digest) }}
{{- end }}

{{- /* The Secrets of both places, as a JSON list of objects with a name. */}}
{{- define "binnacle.pullSecrets" -}}
{{- $found := list }}
{{- range concat .Values.global.imagePullSecrets .Values.image.pullSecrets }}
{{- $found = append $found (kindIs "map" . | ternary . (dict "name" .)) }}
{{- end }}
{{- uniq $found | toJson }}
{{- end }}
