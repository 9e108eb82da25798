{{/*
A Deployment of the controller program. Parameters:
  name         tulle-…; also its ServiceAccount
  root         the root context
  roles        list of roles
  resources    key under .Values.resources
  replicas     optional; else controllerReplicas
  ports        dict of port name → number
  env          list of {name, value}
  volumes      list of {name, mountPath, source}: source is the volume's own part
  isMeshed     it dials or is dialled by proxies: it gets a token and the trust anchors
  containers   optional text: more containers
  extraVolumes optional list of volumes for those
*/}}
{{- define "tulle.controller" -}}
{{- $values := .root.Values -}}
{{- $isOne := eq (int (.replicas | default $values.controllerReplicas)) 1 -}}
apiVersion: apps/v1
kind: Deployment
metadata: {{- include "tulle.metadata" . | nindent 2 }}
spec:
  replicas: {{ .replicas | default $values.controllerReplicas }}
  selector:
    matchLabels:
      app.kubernetes.io/name: {{ .name }}
      linkerd.io/control-plane-ns: {{ .root.Release.Namespace }}
  strategy:
    rollingUpdate: {maxUnavailable: {{ $isOne | ternary 0 1 }}, maxSurge: 1}
  template:
    metadata:
      annotations:
        linkerd.io/created-by: {{ .root.Chart.Name }}/{{ .root.Chart.Version }}
        tulle.dev/config-checksum: {{ .checksum | default "none" | sha256sum | trunc 16 | quote }}
        {{- with $values.podAnnotations }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      labels:
        {{- include "tulle.labels" . | nindent 8 }}
        linkerd.io/control-plane-component: {{ .name | trimPrefix "tulle-" }}
        {{- with $values.podLabels }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    spec:
      serviceAccountName: {{ .name }}
      {{- with include "tulle.placement" . }}
      {{- . | nindent 6 }}
      {{- end }}
      containers:
        - name: controller
          image: {{ include "tulle.image" (dict "name" "controller" "root" .root) }}
          imagePullPolicy: {{ $values.images.pullPolicy }}
          args: [--roles, {{ join "," .roles | quote }}]
          env:
            - {name: TULLE_PLATFORM, value: kubernetes}
            - {name: TULLE_POD_NAME, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
            - {name: TULLE_POD_NAMESPACE, valueFrom: {fieldRef: {fieldPath: metadata.namespace}}}
            - {name: TULLE_POD_SERVICE_ACCOUNT, valueFrom: {fieldRef: {fieldPath: spec.serviceAccountName}}}
            - {name: TULLE_CONTROL_PLANE_NAMESPACE, value: {{ .root.Release.Namespace }}}
            - {name: TULLE_CLUSTER_DOMAIN, value: {{ $values.clusterDomain }}}
            - {name: TULLE_TRUST_DOMAIN, value: {{ include "tulle.trustDomain" .root }}}
            - {name: TULLE_LOG_LEVEL, value: {{ $values.controllerLogLevel | quote }}}
            - {name: TULLE_LOG_FORMAT, value: {{ $values.controllerLogFormat }}}
            - {name: TULLE_ADMIN_ADDR, value: '0.0.0.0:9996'}
            {{- if .isMeshed }}
            - {name: TULLE_TRUST_ANCHORS_FILE, value: /var/run/tulle/trust-roots/ca-bundle.crt}
            - {name: TULLE_IDENTITY_TOKEN_FILE, value: /var/run/secrets/tokens/linkerd-identity-token}
            - {name: TULLE_IDENTITY_SVC_ADDR, value: 'tulle-identity.{{ .root.Release.Namespace }}.svc.{{ $values.clusterDomain }}:8080'}
            {{- end }}
            {{- range .env }}
            - {name: {{ .name }}, value: {{ .value | quote }}}
            {{- end }}
          ports:
            {{- range $name, $port := .ports }}
            - {name: {{ $name }}, containerPort: {{ $port }}}
            {{- end }}
            - {name: admin-http, containerPort: 9996}
          startupProbe:
            httpGet: {path: /live, port: admin-http}
            periodSeconds: 1
            failureThreshold: 60
          livenessProbe:
            httpGet: {path: /live, port: admin-http}
            periodSeconds: 10
            timeoutSeconds: 5
            failureThreshold: 6
          readinessProbe:
            httpGet: {path: /ready, port: admin-http}
            periodSeconds: 2
            timeoutSeconds: 5
            failureThreshold: 5
          resources: {{- include "tulle.resources" (get $values.resources .resources) | nindent 12 }}
          securityContext: {{- include "tulle.containerSecurity" .root | nindent 12 }}
          volumeMounts:
            - {name: tmp, mountPath: /tmp}
            {{- if .isMeshed }}
            - {name: trust-roots, mountPath: /var/run/tulle/trust-roots, readOnly: true}
            - {name: identity-token, mountPath: /var/run/secrets/tokens, readOnly: true}
            {{- end }}
            {{- range .volumes }}
            - {name: {{ .name }}, mountPath: {{ .mountPath }}, readOnly: true}
            {{- end }}
        {{- with .containers }}
        {{- . | nindent 8 }}
        {{- end }}
      volumes:
        - {name: tmp, emptyDir: {}}
        {{- if .isMeshed }}
        - {name: trust-roots, configMap: {name: tulle-identity-trust-roots}}
        - name: identity-token
          projected:
            sources:
              - serviceAccountToken: {path: linkerd-identity-token, expirationSeconds: 86400, audience: identity.l5d.io}
        {{- end }}
        {{- range concat (.volumes | default list) (.extraVolumes | default list) }}
        - name: {{ .name }}
          {{- toYaml .source | nindent 10 }}
        {{- end }}
{{- if $values.enablePodDisruptionBudget }}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {{- include "tulle.metadata" . | nindent 2 }}
spec:
  maxUnavailable: 1
  selector:
    matchLabels:
      app.kubernetes.io/name: {{ .name }}
      linkerd.io/control-plane-ns: {{ .root.Release.Namespace }}
{{- end }}
{{- end }}

{{/* A Service before some of those ports. Parameters: name, root, selects (the Deployment), ports (list of {name, port, targetPort}). */}}
{{- define "tulle.service" -}}
apiVersion: v1
kind: Service
metadata: {{- include "tulle.metadata" . | nindent 2 }}
spec:
  selector:
    app.kubernetes.io/name: {{ .selects }}
    linkerd.io/control-plane-ns: {{ .root.Release.Namespace }}
  ports:
    {{- range .ports }}
    - {name: {{ .name }}, port: {{ .port }}, targetPort: {{ .name }}}
    {{- end }}
{{- end }}
