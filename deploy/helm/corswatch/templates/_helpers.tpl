{{/* Labels of everything; `role` is added where there is one. */}}
{{- define "corswatch.labels" -}}
app.kubernetes.io/name: corswatch
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- define "corswatch.selector" -}}
app.kubernetes.io/name: corswatch
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .role }}
{{- end }}

{{- define "corswatch.name" -}}
{{ .root.Release.Name }}-{{ .role }}
{{- end }}

{{- define "corswatch.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{/* The port of /livez, /readyz and /metrics. */}}
{{- define "corswatch.healthPort" -}}
{{ get (dict "collector" "7784" "loader" "7785" "aggregator" "7786" "prober" "7787" "dashboard" "7781") .role }}
{{- end }}

{{/* The pod of a role: `root`, `role`. As PodSecurity `restricted` has it. */}}
{{- define "corswatch.pod" -}}
{{- $values := index .root.Values .role -}}
metadata:
  labels:
    {{- include "corswatch.selector" . | nindent 4 }}
  annotations:
    checksum/config: {{ include (print .root.Template.BasePath "/config.yaml") .root | sha256sum }}
    {{- with .root.Values.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  automountServiceAccountToken: false
  enableServiceLinks: false
  # Longer than all drain deadlines together.
  terminationGracePeriodSeconds: 90
  securityContext:
    runAsNonRoot: true
    runAsUser: 10001
    runAsGroup: 10001
    fsGroup: 10001
    seccompProfile:
      type: RuntimeDefault
  {{- with .root.Values.imagePullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .root.Values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .root.Values.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  topologySpreadConstraints:
    - maxSkew: 1
      topologyKey: kubernetes.io/hostname
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels:
          {{- include "corswatch.selector" . | nindent 10 }}
  containers:
    - name: {{ .role }}
      image: {{ include "corswatch.image" .root | quote }}
      imagePullPolicy: {{ .root.Values.image.pullPolicy }}
      args: [{{ .role | quote }}, "--config", "/etc/corswatch/corswatch.toml"]
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        capabilities:
          drop: ["ALL"]
      env:
        {{- if eq .role "dashboard" }}
        - name: CORSWATCH__DASHBOARD__LISTEN
          value: "0.0.0.0:7781"
        {{- else }}
        - name: CORSWATCH__HEALTH__{{ .role | upper }}
          value: "0.0.0.0:{{ include "corswatch.healthPort" . }}"
        {{- end }}
        {{- if eq .role "collector" }}
        - name: CORSWATCH__COLLECTOR__LISTEN
          value: "0.0.0.0:7780"
        - name: CORSWATCH__JOURNAL__SPOOL__DIR
          value: /var/lib/corswatch/spool
        {{- end }}
      {{- with .root.Values.existingSecret }}
      envFrom:
        - secretRef:
            name: {{ . }}
      {{- end }}
      ports:
        - name: health
          containerPort: {{ include "corswatch.healthPort" . }}
        {{- if eq .role "collector" }}
        - name: edge
          containerPort: 7780
        {{- end }}
      livenessProbe:
        httpGet:
          path: /livez
          port: health
        periodSeconds: 10
        failureThreshold: 6
      readinessProbe:
        httpGet:
          path: /readyz
          port: health
        periodSeconds: 5
      {{- with $values.resources }}
      resources:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      volumeMounts:
        - name: config
          mountPath: /etc/corswatch
          readOnly: true
        {{- if eq .role "collector" }}
        - name: spool
          mountPath: /var/lib/corswatch/spool
        {{- end }}
        {{- if .root.Values.secretFiles }}
        - name: secrets
          mountPath: /run/secrets/corswatch
          readOnly: true
        {{- end }}
        - name: tmp
          mountPath: /tmp
  volumes:
    - name: config
      configMap:
        name: {{ .root.Release.Name }}-config
    {{- with .root.Values.secretFiles }}
    - name: secrets
      secret:
        secretName: {{ . }}
        # For the group of the pod (`fsGroup`) alone.
        defaultMode: 288
    {{- end }}
    - name: tmp
      emptyDir: {}
{{- end }}
