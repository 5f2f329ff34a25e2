{{- define "binnacle.backupPod" -}}
{{- $name := include "binnacle.fullname" . }}
{{- $destination := .Values.backup.destination }}
{{- $onVolume := eq $destination.kind "volume" }}
{{- $key := .Values.backup.encryption.secret }}
metadata:
  labels:
    {{- include "binnacle.podLabels" (list . "backup") | nindent 4 }}
spec:
  {{- include "binnacle.podSpec" (list . (printf "%s-backup" $name)) | nindent 2 }}
  restartPolicy: OnFailure
  containers:
    - {{- include "binnacle.container" (list . "backup") | nindent 6 }}
      args: [backup, run]
      env:
        {{- include "binnacle.podIdentity" . | nindent 8 }}
        - name: BINNACLE_KIT_FILE
          value: /etc/binnacle/kit/kit.json
        - name: BINNACLE_TLS_DIR
          value: /etc/binnacle/tls
        {{- if and (not $onVolume) $destination.s3.credentialsSecret }}
        {{- range list "AWS_ACCESS_KEY_ID" "AWS_SECRET_ACCESS_KEY" }}
        - name: {{ . | quote }}
          valueFrom:
            secretKeyRef:
              name: {{ $destination.s3.credentialsSecret | quote }}
              key: {{ . | quote }}
        {{- end }}
        {{- end }}
      # As a member's: it restores what it verifies.
      {{- include "binnacle.resources" . | nindent 6 }}
      volumeMounts:
        - name: kit
          mountPath: /etc/binnacle/kit
          readOnly: true
        - name: client
          mountPath: /etc/binnacle/client
          readOnly: true
        - name: tls
          mountPath: /etc/binnacle/tls
          readOnly: true
        {{- if $onVolume }}
        - name: backup
          mountPath: /backup
        {{- end }}
        {{- if $key }}
        - name: backup-key
          mountPath: /etc/binnacle/backup-key
          readOnly: true
        {{- end }}
        - name: tmp
          mountPath: /tmp
  volumes:
    - name: kit
      configMap:
        name: {{ $name }}-config
    - name: client
      secret:
        secretName: {{ include "binnacle.tlsSecret" (list . "client") | quote }}
        defaultMode: 288 # 0440: read by the pod's group
        optional: true
    - {{- include "binnacle.tlsVolume" (list . "peer") | nindent 6 }}
    {{- if $onVolume }}
    - name: backup
      persistentVolumeClaim:
        claimName: {{ $destination.volume.existingClaim | default (printf "%s-backup" $name) | quote }}
    {{- end }}
    {{- with $key }}
    - name: backup-key
      secret:
        secretName: {{ . | quote }}
        defaultMode: 288 # 0440: read by the pod's group
    {{- end }}
    - name: tmp
      emptyDir: {}
{{- end }}
