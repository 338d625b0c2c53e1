{{/* What all pods have in common. */}}

{{/* list $ "component": metadata of a pod. */}}
{{- define "ddpm.podMetadata" -}}
{{- $root := index . 0 -}}
labels:
  {{- include "ddpm.labels" $root | nindent 2 }}
  app.kubernetes.io/component: {{ index . 1 }}
annotations:
  # Environment variables of Secrets are read once: a new credential means new pods.
  checksum/credentials: {{ include (print $root.Template.BasePath "/credentials.yaml") $root | sha256sum | quote }}
  {{- with (get $root.Values (index . 1)).podAnnotations }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}

{{/* list $ "component": who a pod is, where it runs and how long it may take to end. */}}
{{- define "ddpm.podSettings" -}}
{{- $root := index . 0 -}}
{{- $service := get $root.Values (index . 1) -}}
{{- $gpu := dig "gpu" "enabled" false $service -}}
serviceAccountName: {{ include "ddpm.fullname" $root }}-{{ index . 1 }}
automountServiceAccountToken: false
enableServiceLinks: false
terminationGracePeriodSeconds: {{ $service.terminationGracePeriodSeconds }}
{{- with $root.Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- with $service.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- if and $gpu $service.gpu.runtimeClassName }}
runtimeClassName: {{ $service.gpu.runtimeClassName }}
{{- end }}
{{- with merge (dict) $service.nodeSelector ($gpu | ternary (dig "gpu" "nodeSelector" dict $service) dict) }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with concat $service.tolerations ($gpu | ternary (dig "gpu" "tolerations" list $service) list) }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
topologySpreadConstraints:
  {{- range list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
  - maxSkew: 1
    topologyKey: {{ . }}
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "ddpm.selector" (list $root (index $ 1)) | nindent 8 }}
    matchLabelKeys: [pod-template-hash]
  {{- end }}
securityContext:
  {{- include "ddpm.podSecurity" $root | nindent 2 }}
{{- end }}

{{- define "ddpm.podSecurity" -}}
runAsNonRoot: true
runAsUser: {{ .Values.podSecurity.runAsUser }}
runAsGroup: {{ .Values.podSecurity.runAsGroup }}
fsGroup: {{ .Values.podSecurity.fsGroup }}
fsGroupChangePolicy: OnRootMismatch
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "ddpm.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{/* A gRPC port's name. The health service asks for no key. A start loads libraries, and models that are read ahead. */}}
{{- define "ddpm.probes" -}}
startupProbe:
  grpc: {port: {{ . }}}
  periodSeconds: 2
  timeoutSeconds: 5
  failureThreshold: 90
readinessProbe:
  grpc: {port: {{ . }}}
  periodSeconds: 5
  timeoutSeconds: 5
  failureThreshold: 2
livenessProbe:
  grpc: {port: {{ . }}}
  periodSeconds: 10
  timeoutSeconds: 10
  failureThreshold: 6
{{- end }}

{{/* Keeps a pod answering until no one is sent to it any more. */}}
{{- define "ddpm.drain" -}}
lifecycle:
  preStop:
    sleep: {seconds: {{ include "ddpm.drainSeconds" . }}}
{{- end }}

{{/* A service's values: its resources, with a GPU where it is asked for one. */}}
{{- define "ddpm.resources" -}}
{{- $resources := deepCopy .resources -}}
{{- if dig "gpu" "enabled" false . -}}
{{- $_ := set $resources "limits" (merge (dict .gpu.resourceName 1) ($resources.limits | default dict)) -}}
{{- end -}}
{{- toYaml $resources -}}
{{- end }}

{{/* list $ "jobs"|"models"|"runs": the claim of a volume. */}}
{{- define "ddpm.claim" -}}
{{- $root := index . 0 -}}
{{- (get $root.Values.storage (index . 1)).existingClaim | default (printf "%s-%s" (include "ddpm.fullname" $root) (index . 1)) -}}
{{- end }}
