{{- /* kit.json: what the jobs read, as canonical JSON: keys sorted, no blanks. */}}
{{- define "binnacle.kit" -}}
{{- $tls := .Values.tls }}
{{- $kit := dict
      "name" (include "binnacle.fullname" .)
      "namespace" .Release.Namespace
      "clusterDomain" $tls.clusterDomain
      "members" .Values.members
      "tls" (dict
        "mode" $tls.mode
        "issuer" $tls.issuer
        "caGeneration" $tls.caGeneration
        "caLifetimeDays" $tls.caLifetimeDays
        "certificateLifetimeDays" $tls.certificateLifetimeDays
        "clientGraceSeconds" (int $tls.clientGraceSeconds)
        "extraSans" $tls.extraSans
        "serverSecret" (include "binnacle.tlsSecret" (list . "server"))
        "peerSecret" (include "binnacle.tlsSecret" (list . "peer"))
        "clientSecret" (include "binnacle.tlsSecret" (list . "client")))
      "storage" (dict "size" .Values.storage.size)
      "backup" (.Values.backup.enabled | ternary (include "binnacle.kitBackup" . | fromJson) nil) }}
{{- toRawJson $kit }}
{{- end }}

{{- define "binnacle.kitBackup" -}}
{{- $backup := .Values.backup }}
{{- $s3 := $backup.destination.s3 }}
{{- $destination := dict "kind" "volume" "path" "/backup" }}
{{- if eq $backup.destination.kind "s3" }}
{{- $destination = dict
      "kind" "s3"
      "bucket" $s3.bucket
      "prefix" ($s3.prefix | default (printf "%s/" (include "binnacle.fullname" .)))
      "endpoint" $s3.endpoint
      "region" $s3.region
      "forcePathStyle" $s3.forcePathStyle
      "serverSideEncryption" $s3.serverSideEncryption
      "kmsKeyId" $s3.kmsKeyId }}
{{- end }}
{{- dict
      "destination" $destination
      "retention" $backup.retention
      "encryptionKeyFile" (ternary "/etc/binnacle/backup-key/key" "" (ne $backup.encryption.secret ""))
      "verify" $backup.verify | toRawJson }}
{{- end }}
