{{/* Environment of the services: their settings, with `__` where the README writes `:`. */}}

{{/* Name of the Secret that the chart makes of credentials given as values. */}}
{{- define "ddpm.ownSecret" -}}
{{ include "ddpm.fullname" . }}-given-credentials
{{- end }}

{{/* list $ "database"|"redis": a reference to its connection string. */}}
{{- define "ddpm.connectionString" -}}
{{- $root := index . 0 -}}
{{- $values := get $root.Values (index . 1) -}}
secretKeyRef:
  {{- if $values.connectionString }}
  name: {{ include "ddpm.ownSecret" $root }}
  key: {{ index . 1 }}
  {{- else }}
  name: {{ $values.existingSecret }}
  key: {{ $values.key }}
  {{- end }}
{{- end }}

{{/* list $ index: a reference to an API key. */}}
{{- define "ddpm.apiKey" -}}
{{- $root := index . 0 -}}
secretKeyRef:
  {{- if $root.Values.apiKeys.values }}
  name: {{ include "ddpm.ownSecret" $root }}
  key: api-key-{{ index . 1 }}
  {{- else }}
  name: {{ $root.Values.apiKeys.existingSecret }}
  key: {{ index $root.Values.apiKeys.keys (index . 1) }}
  {{- end }}
{{- end }}

{{/* list $ "component": what every service is told. */}}
{{- define "ddpm.commonSettings" -}}
{{- $root := index . 0 -}}
{{- $service := get $root.Values (index . 1) -}}
# Inside of the cluster no TLS; the keys are asked for all the same, and the network policies say who reaches whom.
- name: Security__Insecure
  value: "true"
{{- if not $root.Values.apiKeys.anonymous }}
{{- range $i, $_ := $root.Values.apiKeys.values | default $root.Values.apiKeys.keys }}
- name: Security__ApiKeys__{{ $i }}
  valueFrom:
    {{- include "ddpm.apiKey" (list $root $i) | nindent 4 }}
{{- end }}
{{- end }}
- name: DOTNET_SHUTDOWNTIMEOUTSECONDS
  value: {{ sub (sub $service.terminationGracePeriodSeconds (include "ddpm.drainSeconds" $root | int)) 5 | quote }}
{{- with $root.Values.telemetry.endpoint }}
- name: OTEL_EXPORTER_OTLP_ENDPOINT
  value: {{ . | quote }}
- name: OTEL_METRIC_EXPORT_INTERVAL
  value: {{ mul $root.Values.telemetry.metricsIntervalSeconds 1000 | quote }}
- name: POD_NAME
  valueFrom: {fieldRef: {fieldPath: metadata.name}}
- name: POD_NAMESPACE
  valueFrom: {fieldRef: {fieldPath: metadata.namespace}}
# By these an autoscaler knows whose metric it is.
- name: OTEL_RESOURCE_ATTRIBUTES
  value: k8s.pod.name=$(POD_NAME),k8s.namespace.name=$(POD_NAMESPACE)
{{- end }}
{{- range $name, $value := $service.settings }}
- name: {{ $name | replace ":" "__" }}
  {{- /* JSON's numbers come as float64, which would write a million as 1e+06. */}}
  value: {{ kindIs "float64" $value | ternary (toJson $value) (toString $value) | quote }}
{{- end }}
{{- end }}

{{/* Seconds that a pod goes on answering while it is taken out of its service's endpoints. */}}
{{- define "ddpm.drainSeconds" -}}5{{- end }}

{{/* Where the Orchestrators keep trajectories and images, if not on their volume. */}}
{{- define "ddpm.s3Settings" -}}
{{- if eq .Values.storage.blobs "s3" }}
{{- $s3 := .Values.storage.s3 }}
{{- range $name, $value := dict "Endpoint" $s3.endpoint "Bucket" $s3.bucket "Region" $s3.region "Prefix" $s3.prefix }}
{{- if $value }}
- name: Storage__S3__{{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- end }}
{{- if or $s3.accessKey $s3.existingSecret }}
{{- range $name, $key := dict "AccessKey" $s3.accessKeyKey "SecretKey" $s3.secretKeyKey }}
- name: Storage__S3__{{ $name }}
  valueFrom:
    secretKeyRef:
      {{- if $s3.accessKey }}
      name: {{ include "ddpm.ownSecret" $ }}
      key: s3-{{ kebabcase $name }}
      {{- else }}
      name: {{ $s3.existingSecret }}
      key: {{ $key }}
      {{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
