{{- /* The number that a Kubernetes quantity stands for, in bytes for sizes. */}}
{{- define "binnacle.quantity" -}}
{{- $factors := dict "" 1 "m" 0.001 "k" 1e3 "M" 1e6 "G" 1e9 "T" 1e12 "P" 1e15 "E" 1e18
      "Ki" 1024 "Mi" 1048576 "Gi" 1073741824 "Ti" 1099511627776 "Pi" 1125899906842624 "Ei" 1152921504606846976 }}
{{- $number := regexFind "^[0-9.]+" . }}
{{- printf "%f" (mulf ($number | float64) (index $factors (trimPrefix $number .) | float64)) }}
{{- end }}

{{- /* Bytes of 2GiB, 512MiB. */}}
{{- define "binnacle.quotaBytes" -}}
{{- $factors := dict "MiB" 1048576 "Mi" 1048576 "GiB" 1073741824 "Gi" 1073741824 "MB" 1e6 "GB" 1e9 }}
{{- $number := regexFind "^[0-9.]+" . }}
{{- printf "%.0f" (mulf ($number | float64) (index $factors (trimPrefix $number . | trim) | float64)) }}
{{- end }}

{{- /* etcd's spelling of autoCompaction. */}}
{{- define "binnacle.compaction.mode" -}}
{{ .Values.autoCompaction.mode | replace "none" "periodic" }}
{{- end }}

{{- /* Go writes large numbers of YAML as 1e+07. */}}
{{- define "binnacle.retention" -}}
{{- $retention := .Values.autoCompaction.retention | default 0 }}
{{- kindIs "float64" $retention | ternary (printf "%.0f" $retention) (toString $retention) }}
{{- end }}

{{- /* etcd's durations have no days. */}}
{{- define "binnacle.compaction.retention" -}}
{{- $retention := include "binnacle.retention" . }}
{{- $minutes := dict "m" 1 "h" 60 "d" 1440 }}
{{- $number := regexFind "^[0-9]+" $retention }}
{{- with trimPrefix $number $retention }}{{ mul $number (index $minutes .) }}m
{{- else }}{{ $number }}
{{- end }}
{{- end }}
