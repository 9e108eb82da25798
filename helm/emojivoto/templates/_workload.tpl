{{/* One workload with its ServiceAccount. Parameters: name, root, program, port (0 for none), portName, env. */}}
{{- define "emojivoto.workload" -}}
{{- $values := .root.Values -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ .name }}
  namespace: {{ .root.Release.Namespace }}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .name }}
  namespace: {{ .root.Release.Namespace }}
  labels: {{- include "emojivoto.labels" . | nindent 4 }}
spec:
  replicas: {{ get $values.replicas .name }}
  selector:
    matchLabels: {app: {{ .name }}}
  template:
    metadata:
      labels: {{- include "emojivoto.labels" . | nindent 8 }}
      {{- with $values.inject }}
      annotations:
        linkerd.io/inject: {{ . }}
      {{- end }}
    spec:
      serviceAccountName: {{ .name }}
      containers:
        - name: {{ .name }}
          image: {{ $values.image }}:{{ $values.tag | default .root.Chart.AppVersion }}
          imagePullPolicy: {{ $values.pullPolicy }}
          args: [/app/{{ .program }}.cjs]
          env:
            {{- range $key, $value := .env }}
            - {name: {{ $key }}, value: {{ $value | quote }}}
            {{- end }}
          {{- if .port }}
          ports:
            - {name: {{ .portName }}, containerPort: {{ .port }}}
          readinessProbe:
            tcpSocket: {port: {{ .portName }}}
            periodSeconds: 2
          {{- end }}
          resources:
            requests: {cpu: 10m, memory: 48Mi}
            limits: {memory: 192Mi}
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            runAsNonRoot: true
            runAsUser: 2103
            capabilities: {drop: [ALL]}
            seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "emojivoto.labels" -}}
app: {{ .name }}
version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/name: {{ .name }}
app.kubernetes.io/part-of: emojivoto
{{- end }}

{{/* Parameters: name, root, selects, port, targetPort. */}}
{{- define "emojivoto.service" -}}
apiVersion: v1
kind: Service
metadata:
  name: {{ .name }}
  namespace: {{ .root.Release.Namespace }}
spec:
  selector: {app: {{ .selects }}}
  ports:
    - {name: {{ .targetPort }}, port: {{ .port }}, targetPort: {{ .targetPort }}}
{{- end }}
