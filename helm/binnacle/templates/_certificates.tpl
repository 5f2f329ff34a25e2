{{- /* What all certificates have; renewed when a third of their life is left. Takes the days that they live. */}}
{{- define "binnacle.certificate" -}}
duration: {{ mul 24 . }}h
renewBefore: {{ mul 8 . }}h
privateKey:
  algorithm: ECDSA
  size: 256
  rotationPolicy: Always
{{- end }}

{{- /* Whom a certificate names, and for what. (list $ server|peer|client) */}}
{{- define "binnacle.subject" -}}
{{- if eq (index . 1) "client" }}
commonName: root
usages: [digital signature, client auth]
{{- else }}
{{- $names := include (printf "binnacle.%sNames" (index . 1)) (index . 0) | fromJsonArray }}
{{- $domains := list }}
{{- $addresses := list }}
{{- range $names }}
{{- if regexMatch "^[0-9.]+$|:" . }}{{ $addresses = append $addresses . }}{{ else }}{{ $domains = append $domains . }}{{ end }}
{{- end }}
commonName: {{ include "binnacle.fullname" (index . 0) }}-{{ index . 1 }}
usages: [digital signature, server auth, client auth]
dnsNames:
  {{- toYaml $domains | nindent 2 }}
{{- with $addresses }}
ipAddresses:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
{{- end }}

{{- /* The Services', each pod's under them, and those of the values. */}}
{{- define "binnacle.serverNames" -}}
{{- $name := include "binnacle.fullname" . }}
{{- $space := .Release.Namespace }}
{{- $domain := printf "%s.svc.%s" $space .Values.tls.clusterDomain }}
{{- $services := list $name (printf "%s.%s" $name $space) (printf "%s.%s.svc" $name $space) (printf "%s.%s" $name $domain) (printf "%s-headless.%s" $name $domain) }}
{{- concat (list "localhost" "127.0.0.1" "::1") $services (include "binnacle.podWildcards" . | fromJsonArray) .Values.tls.extraSans | toJson }}
{{- end }}

{{- /* Members look at the common name, not at these; other tools may. */}}
{{- define "binnacle.peerNames" -}}
{{- $pods := list }}
{{- range until 9 }}
{{- $pods = append $pods (printf "%s-%d.%s.%s.svc.%s" (include "binnacle.fullname" $) . (include "binnacle.headless" $) $.Release.Namespace $.Values.tls.clusterDomain) }}
{{- end }}
{{- concat (list "localhost") (include "binnacle.podWildcards" . | fromJsonArray) $pods | toJson }}
{{- end }}

{{- define "binnacle.podWildcards" -}}
{{- $any := printf "*.%s" (include "binnacle.headless" .) }}
{{- $space := .Release.Namespace }}
{{- list $any (printf "%s.%s" $any $space) (printf "%s.%s.svc" $any $space) (printf "%s.%s.svc.%s" $any $space .Values.tls.clusterDomain) | toJson }}
{{- end }}
