{{/* The gRPC services that answer clients, and which component does. One host serves them all. */}}
{{- define "ddpm.publicServices" -}}
ddpm.v1.OrchestratorService: orchestrator
ddpm.v1.TrainerService: trainer
ddpm.v1.ModelRegistryService: trainer
ddpm.v1.DataSetService: trainer
ddpm.v1.EvaluationService: trainer
grpc.health.v1.Health: orchestrator
{{- end }}

{{/* A component's gRPC port. */}}
{{- define "ddpm.grpcPort" -}}
{{- get (dict "orchestrator" "5081" "trainer" "5083") . -}}
{{- end }}
