{{- define "binnacle.reconcilePod" -}}
{{- $name := include "binnacle.fullname" . }}
metadata:
  labels:
    {{- include "binnacle.podLabels" (list . "reconcile") | nindent 4 }}
spec:
  {{- include "binnacle.podSpec" (list . (printf "%s-reconcile" $name)) | nindent 2 }}
  restartPolicy: OnFailure
  containers:
    - {{- include "binnacle.container" (list . "reconcile") | nindent 6 }}
      args: [reconcile]
      env:
        {{- include "binnacle.podIdentity" . | nindent 8 }}
        - name: BINNACLE_KIT_FILE
          value: /etc/binnacle/kit/kit.json
      resources:
        requests:
          cpu: 50m
          memory: 96Mi
        limits:
          memory: 256Mi
      volumeMounts:
        - name: kit
          mountPath: /etc/binnacle/kit
          readOnly: true
        - name: tmp
          mountPath: /tmp
  volumes:
    - name: kit
      configMap:
        name: {{ $name }}-config
    - name: tmp
      emptyDir: {}
{{- end }}
