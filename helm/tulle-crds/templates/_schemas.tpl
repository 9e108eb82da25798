{{/* Schemas that several kinds share; each is written as the value of a property. */}}

{{- define "crds.selector" -}}
type: object
description: Objects of the same namespace, by labels; an empty selector means all of them.
properties:
  matchLabels:
    type: object
    x-kubernetes-preserve-unknown-fields: true
  matchExpressions:
    type: array
    items:
      type: object
      required: [key, operator]
      properties:
        key: {type: string}
        operator: {type: string, enum: [In, NotIn, Exists, DoesNotExist]}
        values: {type: array, items: {type: string}}
{{- end }}

{{/* A reference to an object of the same namespace. */}}
{{- define "crds.localRef" -}}
type: object
required: [kind, name]
properties:
  group:
    type: string
    description: API group; empty is Kubernetes' own.
    maxLength: 253
    pattern: ^$|^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$
  kind:
    type: string
    minLength: 1
    maxLength: 63
    pattern: ^[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?$
  name:
    type: string
    minLength: 1
    maxLength: 253
{{- end }}

{{/* A reference that may name another namespace. */}}
{{- define "crds.ref" -}}
{{ include "crds.localRef" . }}
  namespace:
    type: string
    description: Namespace; without it the namespace of the object that refers.
    maxLength: 253
{{- end }}

{{- define "crds.networks" -}}
type: array
items:
  type: object
  required: [cidr]
  properties:
    cidr: {type: string, description: 'Addresses, as 10.0.0.0/8 or one address.'}
    except: {type: array, items: {type: string}}
{{- end }}

{{- define "crds.status" -}}
type: object
x-kubernetes-preserve-unknown-fields: true
properties:
  conditions:
    type: array
    items:
      type: object
      required: [status, type]
      x-kubernetes-preserve-unknown-fields: true
      properties:
        type: {type: string, maxLength: 316}
        status: {type: string, enum: ['True', 'False', Unknown]}
        reason: {type: string, maxLength: 1024}
        message: {type: string, maxLength: 32768}
        lastTransitionTime: {type: string, format: date-time}
        observedGeneration: {type: integer, format: int64, minimum: 0}
{{- end }}

{{- define "crds.hostnames" -}}
type: array
maxItems: 16
items:
  type: string
  minLength: 1
  maxLength: 253
  pattern: ^(\*\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$
{{- end }}
