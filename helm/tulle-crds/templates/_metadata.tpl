{{/* Metadata of a kind's definition. Parameters: its name and the root context. */}}
{{- define "crds.metadata" -}}
metadata:
  name: {{ .name }}
  labels:
    app.kubernetes.io/name: tulle-crds
    app.kubernetes.io/part-of: tulle
    app.kubernetes.io/managed-by: {{ .root.Release.Service }}
    helm.sh/chart: {{ .root.Chart.Name }}-{{ .root.Chart.Version }}
    linkerd.io/control-plane-ns: {{ .root.Release.Namespace }}
  {{- if .root.Values.keep }}
  annotations:
    helm.sh/resource-policy: keep
  {{- end }}
{{- end }}
