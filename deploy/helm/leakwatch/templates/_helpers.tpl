{{- define "leakwatch.name" -}}{{ .Release.Name | trunc 40 | trimSuffix "-" }}{{- end }}

{{- define "leakwatch.image" -}}{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}{{- end }}

{{/* Labels of one part; call with (dict "root" . "part" "ingest"). */}}
{{- define "leakwatch.selector" -}}
app.kubernetes.io/name: leakwatch
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .part }}
{{- end }}

{{- define "leakwatch.labels" -}}
{{ include "leakwatch.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
app.kubernetes.io/part-of: leakwatch
{{- end }}

{{- define "leakwatch.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
fsGroupChangePolicy: OnRootMismatch
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "leakwatch.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
runAsNonRoot: true
capabilities: {drop: [ALL]}
{{- end }}

{{- define "leakwatch.configuration" -}}
{{- $config := deepCopy .Values.config }}
{{- if .Values.rules }}{{- $_ := set $config "rules" (dict "files" (list "/etc/leakwatch/rules/*.yaml")) }}{{- end }}
{{- toYaml $config }}
{{- end }}

{{/* What changes a pod when the configuration changes: it is read at the start. Rules are read again while it runs. */}}
{{- define "leakwatch.checksum" -}}
checksum/config: {{ include "leakwatch.configuration" . | sha256sum }}
{{- end }}

{{/* One pod that runs a role; call with (dict "root" . "part" "ingest" "values" .Values.ingest). */}}
{{- define "leakwatch.pod" -}}
{{- $root := .root }}
serviceAccountName: {{ include "leakwatch.name" $root }}-{{ .part }}
automountServiceAccountToken: false
enableServiceLinks: false
terminationGracePeriodSeconds: {{ $root.Values.terminationGracePeriodSeconds }}
{{- with $root.Values.priorityClass.name }}
priorityClassName: {{ . }}
{{- end }}
{{- with $root.Values.imagePullSecrets }}
imagePullSecrets: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with $root.Values.nodeSelector }}
nodeSelector: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with $root.Values.tolerations }}
tolerations: {{ toYaml . | nindent 2 }}
{{- end }}
securityContext: {{ include "leakwatch.podSecurity" . | nindent 2 }}
affinity:
  podAntiAffinity:
    preferredDuringSchedulingIgnoredDuringExecution:
      - weight: 100
        podAffinityTerm:
          topologyKey: kubernetes.io/hostname
          labelSelector:
            matchLabels: {{ include "leakwatch.selector" . | nindent 14 }}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: topology.kubernetes.io/zone
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels: {{ include "leakwatch.selector" . | nindent 8 }}
containers:
  - name: leakwatch
    image: {{ include "leakwatch.image" $root }}
    imagePullPolicy: {{ $root.Values.image.pullPolicy }}
    args:
      - run
      - --config=/etc/leakwatch/config/leakwatch.yaml
      - --role={{ .part }}
      {{- if eq .part "detect" }}
      - --instance=$(POD_NAME)
    env:
      - name: POD_NAME
        valueFrom: {fieldRef: {fieldPath: metadata.name}}
      {{- end }}
    ports:
      - {name: metrics, containerPort: 9464}
      {{- if eq .part "sinks" }}
      {{- with include "leakwatch.consolePort" $root }}
      - {name: console, containerPort: {{ . }}}
      {{- end }}
      {{- end }}
    # It may restore state before it listens to its group.
    startupProbe:
      httpGet: {path: /healthz, port: metrics}
      periodSeconds: 2
      failureThreshold: 60
    # Live fails for a stuck poll thread alone, never because a broker is away.
    livenessProbe:
      httpGet: {path: /healthz, port: metrics}
      periodSeconds: 10
      timeoutSeconds: 5
      failureThreshold: 6
    readinessProbe:
      httpGet: {path: /readyz, port: metrics}
      periodSeconds: 5
      timeoutSeconds: 5
    resources: {{ toYaml .values.resources | nindent 6 }}
    securityContext: {{ include "leakwatch.containerSecurity" . | nindent 6 }}
    # Whole folders, never subPath: what is mounted by subPath is not updated.
    volumeMounts:
      - {name: config, mountPath: /etc/leakwatch/config, readOnly: true}
      {{- if include "leakwatch.kafkaSecured" $root }}
      - {name: kafka, mountPath: /etc/leakwatch/kafka, readOnly: true}
      {{- end }}
      - {name: tmp, mountPath: /tmp}
      {{- if $root.Values.rules }}
      - {name: rules, mountPath: /etc/leakwatch/rules, readOnly: true}
      {{- end }}
      {{- if eq .part "ingest" }}
      - {name: keys, mountPath: /etc/leakwatch/keys, readOnly: true}
      - {name: directory, mountPath: /etc/leakwatch/directory, readOnly: true}
      - {name: filters, mountPath: /var/lib/leakwatch/filters, readOnly: true}
      {{- end }}
      {{- if and (eq .part "detect") (not (include "leakwatch.objectStore" $root)) }}
      - {name: state, mountPath: /var/lib/leakwatch/state}
      {{- end }}
      {{- range $folder, $_ := .values.secrets }}
      - {name: secret-{{ $folder }}, mountPath: /etc/leakwatch/secrets/{{ $folder }}, readOnly: true}
      {{- end }}
      {{- with .values.extraVolumeMounts }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
volumes:
  - name: config
    configMap: {name: {{ include "leakwatch.name" $root }}-config}
  {{- if include "leakwatch.kafkaSecured" $root }}
  - name: kafka
    {{- include "leakwatch.kafkaVolume" . | nindent 4 }}
  {{- end }}
  - name: tmp
    emptyDir: {sizeLimit: 64Mi}
  {{- if $root.Values.rules }}
  - name: rules
    configMap: {name: {{ include "leakwatch.name" $root }}-rules}
  {{- end }}
  {{- if eq .part "ingest" }}
  - name: keys
    secret: {secretName: {{ $root.Values.secrets.keys }}, defaultMode: 0440}
  - name: directory
    configMap: {name: {{ $root.Values.directory.existingConfigMap | default (printf "%s-directory" (include "leakwatch.name" $root)) }}}
  - name: filters
    persistentVolumeClaim: {claimName: {{ include "leakwatch.filters" $root }}}
  {{- end }}
  {{- if and (eq .part "detect") $root.Values.state.existingClaim (not (include "leakwatch.objectStore" $root)) }}
  - name: state
    persistentVolumeClaim: {claimName: {{ $root.Values.state.existingClaim }}}
  {{- end }}
  {{- range $folder, $secret := .values.secrets }}
  - name: secret-{{ $folder }}
    secret: {secretName: {{ $secret }}, defaultMode: 0440}
  {{- end }}
  {{- with .values.extraVolumes }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}

{{/* Not empty where there is anything to mount for Kafka. */}}
{{- define "leakwatch.kafkaSecured" -}}
{{- $security := .Values.config.kafka.security | default dict }}
{{- if ne ($security.protocol | default "plaintext") "plaintext" }}yes{{ end }}
{{- end }}

{{/* Who a part is to Kafka, where its Secret does not say it; call with (dict "root" . "part" "ingest"). */}}
{{- define "leakwatch.kafkaUser" -}}
{{- if .root.Values.strimzi.enabled }}{{ include "leakwatch.name" .root }}-{{ .part }}{{ else }}{{ get .root.Values.secrets.kafkaUsers .part }}{{ end }}
{{- end }}

{{- define "leakwatch.kafkaSecret" -}}
{{- if .root.Values.strimzi.enabled }}{{ include "leakwatch.name" .root }}-{{ .part }}{{ else }}{{ get .root.Values.secrets.kafka .part }}{{ end }}
{{- end }}

{{- define "leakwatch.kafkaCA" -}}
{{- if .Values.strimzi.enabled }}{{ .Values.strimzi.cluster }}-cluster-ca-cert{{ else }}{{ .Values.secrets.kafkaCA.name }}{{ end }}
{{- end }}

{{/* What is under /etc/leakwatch/kafka: one Secret as it is, or username, password or certificate, and ca.crt from where each
is. The ca.crt in a Strimzi user's Secret is that of clients, and of no use here. */}}
{{- define "leakwatch.kafkaVolume" -}}
{{- $security := .root.Values.config.kafka.security }}
{{- $user := include "leakwatch.kafkaUser" . }}
{{- $ca := include "leakwatch.kafkaCA" .root }}
{{- if or $user $ca }}
projected:
  defaultMode: 0440
  sources:
    - secret:
        name: {{ include "leakwatch.kafkaSecret" . }}
        items:
          {{- if hasPrefix "sasl_" $security.protocol }}
          - {key: password, path: password}
          {{- if not $user }}
          - {key: username, path: username}
          {{- end }}
          {{- end }}
          {{- if $security.certificate_file }}
          - {key: user.crt, path: user.crt}
          - {key: user.key, path: user.key}
          {{- end }}
          {{- if not $ca }}
          - {key: ca.crt, path: ca.crt}
          {{- end }}
    {{- if and $user (hasPrefix "sasl_" $security.protocol) }}
    - configMap:
        name: {{ include "leakwatch.name" .root }}-kafka-users
        items: [{key: {{ .part }}, path: username}]
    {{- end }}
    {{- if $ca }}
    - secret:
        name: {{ $ca }}
        items: [{key: {{ if .root.Values.strimzi.enabled }}ca.crt{{ else }}{{ .root.Values.secrets.kafkaCA.key }}{{ end }}, path: ca.crt}]
    {{- end }}
{{- else -}}
secret: {secretName: {{ include "leakwatch.kafkaSecret" . }}, defaultMode: 0440}
{{- end }}
{{- end }}

{{/* The console's port, where others than the pod itself may reach it. */}}
{{- define "leakwatch.consolePort" -}}
{{- $http := .Values.config.http | default dict }}
{{- $address := $http.console | default "127.0.0.1:8080" }}
{{- if not (regexMatch "^(127\\.|\\[::1\\]|localhost:)" $address) }}
{{- if eq (dig "auth" "kind" "none" $http) "none" }}
{{- fail "config.http.console is no loopback address: expected config.http.auth, so that somebody is asked for a name" }}
{{- end }}
{{- regexFind "[0-9]+$" $address }}
{{- end }}
{{- end }}

{{- define "leakwatch.filters" -}}
{{ .Values.filters.existingClaim | default (printf "%s-filters" (include "leakwatch.name" .)) }}
{{- end }}

{{/* Not empty where state is kept in an object store, so that there are no volumes for it. */}}
{{- define "leakwatch.objectStore" -}}
{{- $state := .Values.config.state | default dict }}
{{- if regexMatch "^(s3|gs|az)://" ($state.store | default "") }}
{{- if .Values.state.existingClaim }}
{{- fail "config.state.store is an object store: expected no state.existingClaim" }}
{{- end }}
{{- range $section := list "s3" "gcs" "azure" }}
{{- range $key, $file := get $state $section | default dict }}
{{- $folder := regexReplaceAll "^/etc/leakwatch/secrets/([^/]+)/.*$" (toString $file) "${1}" }}
{{- if and (hasSuffix "_file" $key) (ne $folder $file) (not (hasKey $.Values.detect.secrets $folder)) }}
{{- fail (printf "config.state.%s.%s is %s: expected a Secret as detect.secrets.%s" $section $key $file $folder) }}
{{- end }}
{{- end }}
{{- end }}yes{{ end }}
{{- end }}
