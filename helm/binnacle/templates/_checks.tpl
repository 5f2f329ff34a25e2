{{- /* What the schema can't see: keys that contradict each other, as infra/config/checks.ts says it. All at once. */}}
{{- define "binnacle.check" -}}
{{- $found := concat
      (include "binnacle.checkNames" . | fromJsonArray)
      (include "binnacle.checkSizes" . | fromJsonArray)
      (include "binnacle.checkCompaction" . | fromJsonArray)
      (include "binnacle.checkSchedules" . | fromJsonArray)
      (include "binnacle.checkTls" . | fromJsonArray)
      (include "binnacle.checkBackup" . | fromJsonArray)
      (include "binnacle.checkPods" . | fromJsonArray)
      (include "binnacle.checkFlags" . | fromJsonArray) }}
{{- with $found }}
{{- fail (printf "the values contradict each other:\n  %s\n" (join "\n  " .)) }}
{{- end }}
{{- end }}

{{- define "binnacle.checkNames" -}}
{{- $found := list }}
{{- $name := include "binnacle.fullname" . }}
{{- $shared := .Values.name | default "" }}
{{- if and $shared .Values.fullnameOverride (ne $shared .Values.fullnameOverride) }}
{{- $found = append $found (printf "fullnameOverride: is %s, though name is %s: they mean the same; remove one" .Values.fullnameOverride $shared) }}
{{- end }}
{{- if gt (len $name) 40 }}
{{- $found = append $found (printf "the name %s must have 40 characters at most: set fullnameOverride" $name) }}
{{- end }}
{{- if not (regexMatch "^[a-z]([a-z0-9-]*[a-z0-9])?$" $name) }}
{{- $found = append $found (printf "the name %s must be lower-case letters, digits and dashes, such as binnacle: set fullnameOverride" $name) }}
{{- end }}
{{- $spare := div (sub .Values.members 1) 2 | max 1 }}
{{- $budget := .Values.disruptionBudget }}
{{- if and $budget.enabled (gt (int $budget.maxUnavailable) (int $spare)) }}
{{- $found = append $found (printf "disruptionBudget.maxUnavailable: costs the quorum: %v members can spare %v; write %v or less" .Values.members (div (sub .Values.members 1) 2) $spare) }}
{{- end }}
{{- toJson $found }}
{{- end }}

{{- define "binnacle.checkSizes" -}}
{{- $found := list }}
{{- $storage := .Values.storage }}
{{- $bytes := include "binnacle.quantity" $storage.size | float64 }}
{{- $quota := include "binnacle.quotaBytes" $storage.quota | float64 }}
{{- $volume := .Values.backup.destination.volume.size }}
{{- range $key, $size := dict "storage.size" $storage.size "storage.templateSize" ($storage.templateSize | default "8Gi") "backup.destination.volume.size" $volume }}
{{- if lt (include "binnacle.quantity" $size | float64) 134217728.0 }}
{{- $found = append $found (printf "%s: must be 128Mi at least, such as %s" $key (hasPrefix "backup" $key | ternary "10Gi" "8Gi")) }}
{{- end }}
{{- end }}
{{- if lt $quota 16777216.0 }}
{{- $found = append $found "storage.quota: must be a size from 16MiB on, such as 512MiB or 2GiB" }}
{{- end }}
{{- if ge $quota $bytes }}
{{- $found = append $found (printf "storage.quota: does not fit on a volume of %s; lower it to half of storage.size, or raise that" $storage.size) }}
{{- end }}
{{- with $storage.templateSize }}
{{- if gt (include "binnacle.quantity" . | float64) $bytes }}
{{- $found = append $found (printf "storage.templateSize: is above storage.size (%s): it is the size that the first installation had" $storage.size) }}
{{- end }}
{{- end }}
{{- $existing := lookup "apps/v1" "StatefulSet" .Release.Namespace (include "binnacle.fullname" .) | default dict }}
{{- range dig "spec" "volumeClaimTemplates" list $existing }}
{{- $first := .spec.resources.requests.storage }}
{{- if gt (include "binnacle.quantity" $first | float64) $bytes }}
{{- $found = append $found (printf "storage.size: is %s, below the %s that the members' volumes were made with: volumes can grow, not shrink" $storage.size $first) }}
{{- end }}
{{- with $storage.templateSize }}
{{- if ne (include "binnacle.quantity" .) (include "binnacle.quantity" $first) }}
{{- $found = append $found (printf "storage.templateSize: must be %s, the size that the StatefulSet was made with" $first) }}
{{- end }}
{{- end }}
{{- end }}
{{- toJson $found }}
{{- end }}

{{- define "binnacle.checkCompaction" -}}
{{- $found := list }}
{{- $mode := .Values.autoCompaction.mode }}
{{- $retention := .Values.autoCompaction.retention }}
{{- if and (eq $mode "periodic") (not (and (kindIs "string" $retention) (regexMatch "^[0-9]+[mhd]$" $retention))) }}
{{- $found = append $found "autoCompaction.retention: must be a time in m, h or d with mode: periodic, such as 1h" }}
{{- else if and (eq $mode "revision") (not (regexMatch "^[1-9][0-9]*$" (include "binnacle.retention" .))) }}
{{- $found = append $found "autoCompaction.retention: must be a number of revisions with mode: revision, such as 1000" }}
{{- else if and (eq $mode "none") (not (kindIs "invalid" $retention)) }}
{{- $found = append $found "autoCompaction.retention: has no meaning with mode: none; remove it, or set mode to periodic or revision" }}
{{- end }}
{{- toJson $found }}
{{- end }}

{{- define "binnacle.checkSchedules" -}}
{{- $found := list }}
{{- range $key, $schedule := dict "tls.renewal.schedule" .Values.tls.renewal.schedule "backup.schedule" .Values.backup.schedule }}
{{- with include "binnacle.scheduleProblem" $schedule }}
{{- $found = append $found (printf "%s: %s" $key .) }}
{{- end }}
{{- end }}
{{- toJson $found }}
{{- end }}

{{- define "binnacle.checkTls" -}}
{{- $found := list }}
{{- $tls := .Values.tls }}
{{- if and (eq $tls.issuer "provided") (ne $tls.mode "plain") }}
{{- range list "serverSecret" "peerSecret" "clientSecret" }}
{{- if not (index $tls.provided .) }}
{{- $found = append $found (printf "tls.provided.%s: is missing: with issuer: provided, name a Secret with tls.crt, tls.key and ca.crt" .) }}
{{- end }}
{{- end }}
{{- end }}
{{- if and (ne $tls.issuer "self") (ne (int $tls.caGeneration) 1) }}
{{- $found = append $found (printf "tls.caGeneration: has no meaning with issuer: %s, whose CA is not the kit's; remove it" $tls.issuer) }}
{{- end }}
{{- toJson $found }}
{{- end }}

{{- define "binnacle.checkBackup" -}}
{{- $found := list }}
{{- $destination := .Values.backup.destination }}
{{- $s3 := $destination.s3 }}
{{- $needsKey := eq $s3.serverSideEncryption "aws:kms" }}
{{- if not .Values.backup.enabled }}
{{- else if eq $destination.kind "volume" }}
{{- if $s3.bucket }}
{{- $found = append $found "backup.destination.kind: is volume, though s3.bucket is set: write kind: s3, or remove the bucket" }}
{{- end }}
{{- else if $destination.volume.existingClaim }}
{{- $found = append $found "backup.destination.kind: is s3, though volume.existingClaim is set: write kind: volume, or remove the claim" }}
{{- else }}
{{- if not $s3.bucket }}
{{- $found = append $found "backup.destination.s3.bucket: is missing: name the bucket" }}
{{- end }}
{{- if and $needsKey (not $s3.kmsKeyId) }}
{{- $found = append $found "backup.destination.s3.kmsKeyId: is missing: aws:kms needs the id of a key" }}
{{- else if and $s3.kmsKeyId (not $needsKey) }}
{{- $found = append $found "backup.destination.s3.kmsKeyId: has no meaning unless serverSideEncryption is aws:kms" }}
{{- end }}
{{- end }}
{{- toJson $found }}
{{- end }}

{{- define "binnacle.checkPods" -}}
{{- $found := list }}
{{- $service := .Values.service }}
{{- if and $service.nodePort (eq $service.type "ClusterIP") }}
{{- $found = append $found "service.nodePort: has no meaning with type: ClusterIP" }}
{{- end }}
{{- if and $service.loadBalancerSourceRanges (ne $service.type "LoadBalancer") }}
{{- $found = append $found "service.loadBalancerSourceRanges: has no meaning unless type is LoadBalancer" }}
{{- end }}
{{- range $kind, $amounts := .Values.resources }}
{{- range $resource, $amount := $amounts }}
{{- if and $amount (le (include "binnacle.quantity" $amount | float64) 0.0) }}
{{- $found = append $found (printf "resources.%s.%s: must be a Kubernetes quantity above zero" $kind $resource) }}
{{- end }}
{{- end }}
{{- end }}
{{- $limits := .Values.resources.limits }}
{{- range $key, $value := .Values.resources.requests }}
{{- $limit := get $limits $key | default $value }}
{{- if and $value (gt (include "binnacle.quantity" $value | float64) (include "binnacle.quantity" $limit | float64)) }}
{{- $found = append $found (printf "resources.requests.%s: asks for %s, above its limit of %s" $key $value $limit) }}
{{- end }}
{{- end }}
{{- toJson $found }}
{{- end }}

{{- define "binnacle.checkFlags" -}}
{{- $own := splitList "\n" (.Files.Get "files/own-flags.txt" | trim) }}
{{- $found := list }}
{{- range $index, $each := .Values.extraFlags }}
{{- $flag := regexFind "^[^=]*" (trimPrefix "--" $each) }}
{{- $taken := has $flag $own }}
{{- range $own }}
{{- if and (hasSuffix "*" .) (hasPrefix (trimSuffix "*" .) $flag) }}{{ $taken = true }}{{ end }}
{{- end }}
{{- if $taken }}
{{- $found = append $found (printf "extraFlags.%d: sets --%s, which the kit sets itself; remove it" $index $flag) }}
{{- end }}
{{- end }}
{{- toJson $found }}
{{- end }}
