{{/* Rules over several values, which values.schema.json cannot say in words. */}}
{{- define "ddpm.rules" -}}
{{- range list "database" "redis" }}
  {{- $connection := get $.Values . }}
  {{- if not (or $connection.connectionString $connection.existingSecret) }}
    {{- fail (printf "%s needs existingSecret, the name of a Secret with its connection string, or connectionString." .) }}
  {{- end }}
{{- end }}
{{- with .Values.apiKeys }}
  {{- if not (or .anonymous .values .existingSecret) }}
    {{- fail "apiKeys needs existingSecret, the name of a Secret with the keys, or values; or set apiKeys.anonymous=true to let everyone in." }}
  {{- end }}
{{- end }}
{{- if eq .Values.storage.blobs "s3" }}
  {{- with .Values.storage.s3 }}
    {{- if not .bucket }}{{ fail "storage.blobs is s3 and needs storage.s3.bucket." }}{{ end }}
    {{- if not (or .endpoint .region) }}{{ fail "storage.blobs is s3 and needs storage.s3.endpoint or storage.s3.region." }}{{ end }}
    {{- if ne (empty .accessKey) (empty .secretKey) }}{{ fail "storage.s3.accessKey and storage.s3.secretKey go together: set both or neither." }}{{ end }}
  {{- end }}
{{- end }}
{{- with .Values.denoiser.autoscaling }}
  {{- if .enabled }}
    {{- if gt (int .minReplicas) (int .maxReplicas) }}
      {{- fail (printf "denoiser.autoscaling.minReplicas is %d but must be at most maxReplicas, %d." (int .minReplicas) (int .maxReplicas)) }}
    {{- end }}
    {{- if not (or .queuedRows .cpuUtilization) }}{{ fail "denoiser.autoscaling needs queuedRows or cpuUtilization." }}{{ end }}
    {{- if and .cpuUtilization (not (dig "resources" "requests" "cpu" nil $.Values.denoiser)) }}
      {{- fail "denoiser.autoscaling.cpuUtilization is a share of denoiser.resources.requests.cpu, which is not set." }}
    {{- end }}
    {{- if and .cpuUtilization $.Values.denoiser.gpu.enabled }}
      {{- fail "denoiser.autoscaling.cpuUtilization says nothing of a GPU's load: set it to null, and queuedRows." }}
    {{- end }}
  {{- end }}
{{- end }}
{{- range list "ingress" "gateway" }}
  {{- $entry := get $.Values . }}
  {{- if $entry.enabled }}
    {{- if not (and $entry.gallery.host $entry.grpc.host) }}{{ fail (printf "%s.enabled needs %s.gallery.host and %s.grpc.host." . . .) }}{{ end }}
    {{- if eq $entry.gallery.host $entry.grpc.host }}{{ fail (printf "%s.gallery.host and %s.grpc.host are both %s but must differ." . . $entry.grpc.host) }}{{ end }}
    {{- if and $.Values.networkPolicy.enabled (not $.Values.networkPolicy.clients) }}
      {{- fail (printf "%s.enabled needs networkPolicy.clients to hold the controller's pods; otherwise nothing reaches the services." .) }}
    {{- end }}
  {{- end }}
{{- end }}
{{- if and .Values.gateway.enabled (not .Values.gateway.name) }}{{ fail "gateway.enabled needs gateway.name, the Gateway to attach to." }}{{ end }}
{{- end }}
