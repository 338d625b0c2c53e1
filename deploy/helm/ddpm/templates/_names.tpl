{{/* Names and labels. Components are orchestrator, denoiser, trainer, gallery and test. */}}

{{/* What every object's name begins with: the release's name, with the chart's unless it is in it. Leaves room for "-orchestrator". */}}
{{- define "ddpm.fullname" -}}
{{- $name := contains .Chart.Name .Release.Name | ternary .Release.Name (printf "%s-%s" .Release.Name .Chart.Name) -}}
{{- $name | trunc 50 | trimSuffix "-" -}}
{{- end }}

{{/* list $ "component": the labels by which its pods are selected, for ever. */}}
{{- define "ddpm.selector" -}}
{{- $root := index . 0 -}}
app.kubernetes.io/name: {{ $root.Chart.Name }}
app.kubernetes.io/instance: {{ $root.Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end }}

{{/* Labels of all objects of the release. */}}
{{- define "ddpm.labels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{/* list $ "component": metadata of an object that belongs to a component. */}}
{{- define "ddpm.metadata" -}}
{{- $root := index . 0 -}}
name: {{ include "ddpm.fullname" $root }}-{{ index . 1 }}
namespace: {{ $root.Release.Namespace }}
labels:
  {{- include "ddpm.labels" $root | nindent 2 }}
  app.kubernetes.io/component: {{ index . 1 }}
{{- end }}

{{/* list $ "component": its image, with the variant for GPUs where it is asked for one. */}}
{{- define "ddpm.image" -}}
{{- $root := index . 0 -}}
{{- $service := get $root.Values (index . 1) -}}
{{- $tag := $root.Values.image.tag | default $root.Chart.AppVersion -}}
{{- $variant := dig "gpu" "enabled" false $service | ternary (dig "gpu" "repositorySuffix" "" $service) "" -}}
{{- with $root.Values.image.registry }}{{ trimSuffix "/" . }}/{{ end }}{{ $service.repository }}{{ $variant }}:{{ $tag }}
{{- end }}

{{/* list $ "component" port: address of a component's service. */}}
{{- define "ddpm.address" -}}
http://{{ include "ddpm.fullname" (index . 0) }}-{{ index . 1 }}:{{ index . 2 }}
{{- end }}
