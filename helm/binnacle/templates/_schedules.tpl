{{- /* Schedules are checked number by number, as infra/config/cron.ts does: the API server's words come too late. */}}

{{- /* What is wrong with a schedule; empty when Kubernetes will take it. */}}
{{- define "binnacle.scheduleProblem" -}}
{{- $fields := list
      (dict "name" "minute" "least" 0 "most" 59 "words" list)
      (dict "name" "hour" "least" 0 "most" 23 "words" list)
      (dict "name" "day of the month" "least" 1 "most" 31 "words" list)
      (dict "name" "month" "least" 1 "most" 12 "words" (splitList " " "jan feb mar apr may jun jul aug sep oct nov dec"))
      (dict "name" "day of the week" "least" 0 "most" 7 "words" (splitList " " "sun mon tue wed thu fri sat")) }}
{{- $problem := "" }}
{{- if not (hasPrefix "@" .) }}
{{- range $index, $part := regexSplit " +" (trim .) -1 }}
{{- $field := index $fields $index }}
{{- range splitList "," $part }}
{{- if and (not $problem) (not (include "binnacle.isTerm" (list . $field))) }}
{{- $problem = printf "is no schedule: %s is no %s from %d to %d" $part $field.name $field.least $field.most }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- $problem }}
{{- end }}

{{- /* `*`, `5`, `1-5`, each with `/step` or without. (list TERM FIELD) */}}
{{- define "binnacle.isTerm" -}}
{{- $field := index . 1 }}
{{- $range := splitList "/" (index . 0) | first }}
{{- $step := trimPrefix $range (index . 0) }}
{{- if regexMatch "^(/0*[1-9][0-9]*)?$" $step }}
{{- if has $range (list "*" "?") }}yes
{{- else }}
{{- $ends := list }}
{{- range splitList "-" $range }}
{{- $ends = append $ends (include "binnacle.cronValue" (list . $field) | int) }}
{{- end }}
{{- if and (le (len $ends) 2) (ge (first $ends) (int $field.least)) (le (last $ends) (int $field.most)) (le (first $ends) (last $ends)) }}yes{{ end }}
{{- end }}
{{- end }}
{{- end }}

{{- /* The number that a word or a number stands for; -1 when it is none. (list TEXT FIELD) */}}
{{- define "binnacle.cronValue" -}}
{{- $text := index . 0 | lower }}
{{- $field := index . 1 }}
{{- $value := -1 }}
{{- range $index, $word := $field.words }}
{{- if eq $word $text }}{{ $value = add $index (eq (int $field.least) 1 | ternary 1 0) }}{{ end }}
{{- end }}
{{- if regexMatch "^[0-9]+$" $text }}{{ $value = regexReplaceAll "^0+([0-9])" $text "${1}" }}{{ end }}
{{- $value }}
{{- end }}
