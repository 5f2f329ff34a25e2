{{- define "binnacle.memberContainer" -}}
{{- include "binnacle.container" (list . "binnacle") }}
args:
  - --discovery-mode=kubernetes
  - --kubernetes-statefulset={{ include "binnacle.fullname" . }}
  - --kubernetes-service={{ include "binnacle.headless" . }}
  - --kubernetes-cluster-domain={{ .Values.tls.clusterDomain }}
  - --data-dir=/var/lib/binnacle/data
  - --tls-dir=/etc/binnacle/tls
  - --backup-status-file=/etc/binnacle/backup/status.json
  - --quota-backend-bytes={{ include "binnacle.quotaBytes" .Values.storage.quota }}
  {{- range list "mode" "retention" }}
  - --auto-compaction-{{ . }}={{ include (printf "binnacle.compaction.%s" .) $ }}
  {{- end }}
  {{- range .Values.extraFlags }}
  - {{ toJson . }}
  {{- end }}
env:
  {{- include "binnacle.podIdentity" . | nindent 2 }}
  - name: BINNACLE_TLS_DIR
    value: /etc/binnacle/tls
ports:
  - name: client
    containerPort: 2379
    protocol: TCP
  - name: peer
    containerPort: 2380
    protocol: TCP
  - name: metrics
    containerPort: 2381
    protocol: TCP
{{- include "binnacle.resources" . }}
# A member that joins, or waits for its certificates, is given half an hour; nothing is won by starting it again.
startupProbe:
  httpGet:
    path: /probe/startup
    port: metrics
  periodSeconds: 2
  failureThreshold: 900
  timeoutSeconds: 2
livenessProbe:
  httpGet:
    path: /probe/live
    port: metrics
  periodSeconds: 10
  failureThreshold: 6
  timeoutSeconds: 5
readinessProbe:
  httpGet:
    path: /probe/ready
    port: metrics
  periodSeconds: 2
  failureThreshold: 2
  timeoutSeconds: 2
volumeMounts:
  - name: data
    mountPath: /var/lib/binnacle
  - name: tls
    mountPath: /etc/binnacle/tls
    readOnly: true
  - name: backup-status
    mountPath: /etc/binnacle/backup
    readOnly: true
  - name: tmp
    mountPath: /tmp
{{- end }}

{{- /*
Kubernetes lets no claim template change. What the StatefulSet has is kept as it is, and the reconcile job grows the
claims; tools that render without asking the cluster (GitOps) set storage.templateSize.
*/}}
{{- define "binnacle.claimTemplate" -}}
{{- $size := .Values.storage.templateSize | default .Values.storage.size }}
{{- $class := .Values.storage.class | default .Values.global.defaultStorageClass }}
{{- $existing := lookup "apps/v1" "StatefulSet" .Release.Namespace (include "binnacle.fullname" .) }}
{{- range dig "spec" "volumeClaimTemplates" list ($existing | default dict) }}
{{- $size = .spec.resources.requests.storage }}
{{- $class = .spec.storageClassName | default "" }}
{{- end }}
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: data
  labels:
    {{- include "binnacle.selector" . | nindent 4 }}
spec:
  accessModes: [ReadWriteOnce]
  volumeMode: Filesystem
  {{- with $class }}
  storageClassName: {{ . | quote }}
  {{- end }}
  resources:
    requests:
      storage: {{ $size | quote }}
{{- end }}
