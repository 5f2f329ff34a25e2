{{- /* The alerts of infra/objects/alerts.ts that this configuration needs, as a JSON list. */}}
{{- define "binnacle.alerts" -}}
{{- $members := int .Values.members }}
{{- $quorum := add 1 (div $members 2) | int }}
{{- $hours := int .Values.backup.maxAgeHours }}
{{- $text := .Files.Get "files/alerts.json"
      | replace "%NAMESPACE%" .Release.Namespace
      | replace "%NAME%" (include "binnacle.fullname" .)
      | replace "%MEMBERS%" (toString $members)
      | replace "%QUORUM%" (toString $quorum)
      | replace "%SAFE%" (min $members (add 1 $quorum) | toString)
      | replace "%BACKUP_HOURS%" (toString $hours)
      | replace "%BACKUP_SECONDS%" (mul 3600 $hours | toString) }}
{{- $off := list }}
{{- if eq .Values.tls.mode "plain" }}{{ $off = append $off "tls" }}{{ end }}
{{- if not (and .Values.backup.enabled .Values.backup.verify) }}{{ $off = append $off "backup" }}{{ end }}
{{- $found := list }}
{{- range fromJsonArray $text }}
{{- if not (has .needs $off) }}{{ $found = append $found . }}{{ end }}
{{- end }}
{{- toJson $found }}
{{- end }}
