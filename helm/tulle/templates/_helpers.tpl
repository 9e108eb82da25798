{{- define "tulle.labels" -}}
app.kubernetes.io/name: {{ .name }}
app.kubernetes.io/part-of: tulle
app.kubernetes.io/version: {{ .root.Chart.AppVersion }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
linkerd.io/control-plane-ns: {{ .root.Release.Namespace }}
{{- end }}

{{/* Metadata of an object of the release's namespace. Parameters: name, root. */}}
{{- define "tulle.metadata" -}}
name: {{ .name }}
namespace: {{ .root.Release.Namespace }}
labels: {{- include "tulle.labels" . | nindent 2 }}
{{- end }}

{{- define "tulle.tag" -}}
{{ .Values.images.tag | default .Chart.AppVersion }}
{{- end }}

{{/* An image of ours. Parameters: name, root. */}}
{{- define "tulle.image" -}}
{{ .root.Values.images.prefix }}{{ .name }}:{{ include "tulle.tag" .root }}
{{- end }}

{{- define "tulle.trustDomain" -}}
{{ .Values.identityTrustDomain | default .Values.clusterDomain }}
{{- end }}

{{- define "tulle.prometheusUrl" -}}
{{- if .Values.prometheus.enabled -}}
http://tulle-prometheus.{{ .Release.Namespace }}.svc.{{ .Values.clusterDomain }}:9090
{{- else -}}
{{ .Values.prometheus.url }}
{{- end -}}
{{- end }}

{{/* Requests and limits of one of `resources`; nothing said is nothing written. */}}
{{- define "tulle.resources" -}}
{{- $requests := dict -}}
{{- $limits := dict -}}
{{- range $kind, $each := . -}}
{{- with $each.request }}{{ $_ := set $requests $kind . }}{{ end -}}
{{- with $each.limit }}{{ $_ := set $limits $kind . }}{{ end -}}
{{- end -}}
{{- $all := dict -}}
{{- if $requests }}{{ $_ := set $all "requests" $requests }}{{ end -}}
{{- if $limits }}{{ $_ := set $all "limits" $limits }}{{ end -}}
{{ $all | toYaml }}
{{- end }}

{{/* Every container of the control plane: no root, nothing writable, no capability. */}}
{{- define "tulle.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
runAsNonRoot: true
runAsUser: {{ .Values.controllerUID }}
runAsGroup: {{ .Values.controllerGID }}
capabilities:
  drop: [ALL]
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{/* Where in the cluster a role's pods run. Parameters: name, root. */}}
{{- define "tulle.placement" -}}
{{- with .root.Values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .root.Values.imagePullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
{{- if .root.Values.enablePodAntiAffinity }}
affinity:
  podAntiAffinity:
    requiredDuringSchedulingIgnoredDuringExecution:
      - topologyKey: kubernetes.io/hostname
        labelSelector: {matchLabels: {app.kubernetes.io/name: {{ .name }}}}
    preferredDuringSchedulingIgnoredDuringExecution:
      - weight: 100
        podAffinityTerm:
          topologyKey: topology.kubernetes.io/zone
          labelSelector: {matchLabels: {app.kubernetes.io/name: {{ .name }}}}
{{- end }}
{{- end }}

{{- define "tulle.serviceAccount" -}}
apiVersion: v1
kind: ServiceAccount
metadata: {{- include "tulle.metadata" . | nindent 2 }}
{{- end }}

{{/* Binds the ClusterRole of a role's name to its ServiceAccount. Parameters: name, root. */}}
{{- define "tulle.clusterRoleBinding" -}}
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: {{ .name }}
  labels: {{- include "tulle.labels" . | nindent 4 }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: {{ .name }}
subjects:
  - kind: ServiceAccount
    name: {{ .name }}
    namespace: {{ .root.Release.Namespace }}
{{- end }}

{{/* Binds the Role of a role's name to its ServiceAccount. Parameters: name, root. */}}
{{- define "tulle.roleBinding" -}}
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {{- include "tulle.metadata" . | nindent 2 }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: {{ .name }}
subjects:
  - kind: ServiceAccount
    name: {{ .name }}
    namespace: {{ .root.Release.Namespace }}
{{- end }}

{{/* The authority that a webhook's configuration trusts, where somebody else keeps the certificate. */}}
{{- define "tulle.caBundle" -}}
{{- if and .externalSecret .caBundle }}
caBundle: {{ .caBundle | b64enc }}
{{- end }}
{{- end }}
