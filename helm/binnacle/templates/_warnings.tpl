{{- /* What is allowed and rarely meant, as warningsOf in infra/config/checks.ts says it. */}}
{{- define "binnacle.warnings" -}}
{{- $found := list }}
{{- $members := int .Values.members }}
{{- if eq (mod $members 2) 0 }}
{{- $found = append $found (printf "members: %d members survive the loss of %d, no more than %d do; use %d or %d" $members (div (sub $members 1) 2) (sub $members 1) (sub $members 1) (add $members 1)) }}
{{- end }}
{{- if gt $members 7 }}
{{- $found = append $found (printf "members: each write waits for %d of %d; 5 are enough for most" (add 1 (div $members 2)) $members) }}
{{- end }}
{{- $storage := .Values.storage }}
{{- if gt (include "binnacle.quotaBytes" $storage.quota | float64 | mulf 2) (include "binnacle.quantity" $storage.size | float64) }}
{{- $found = append $found (printf "storage.size: %s has no room for a second copy of a database of %s, which a restore in place needs" $storage.size $storage.quota) }}
{{- end }}
{{- $tls := .Values.tls }}
{{- if gt (int $tls.certificateLifetimeDays) (int $tls.caLifetimeDays) }}
{{- $found = append $found (printf "tls.certificateLifetimeDays: %d days are cut to the %d of the CA" (int $tls.certificateLifetimeDays) (int $tls.caLifetimeDays)) }}
{{- end }}
{{- if eq $tls.mode "plain" }}
{{- $found = append $found "tls.mode: plain lets everybody read and write who reaches the client port" }}
{{- end }}
{{- if and .Values.disruptionBudget.enabled (eq (int .Values.disruptionBudget.maxUnavailable) 0) }}
{{- $found = append $found "disruptionBudget.maxUnavailable: 0 lets no node with a member on it be drained" }}
{{- end }}
{{- if and (eq .Values.image.tag "latest") (not .Values.image.digest) }}
{{- $found = append $found "image.tag: latest names another image each day; name a version, or a digest" }}
{{- end }}
{{- toJson $found }}
{{- end }}
