{{/* Ends of the ways that network policies allow. */}}

{{/* list $ "component"…: pods of this release. */}}
{{- define "ddpm.pods" -}}
{{- $root := index . 0 -}}
{{- range rest . }}
- podSelector:
    matchLabels:
      {{- include "ddpm.selector" (list $root .) | nindent 6 }}
{{- end }}
{{- end }}

{{/* Peers outside of the release; none: any address. */}}
{{- define "ddpm.peers" -}}
{{- with . }}
to:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* Egress to the two services that answer clients. */}}
{{- define "ddpm.toServices" -}}
- ports:
    - {protocol: TCP, port: 5081}
  to:
    {{- include "ddpm.pods" (list $ "orchestrator") | nindent 4 }}
- ports:
    - {protocol: TCP, port: 5083}
  to:
    {{- include "ddpm.pods" (list $ "trainer") | nindent 4 }}
{{- end }}
