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
      - {name: kafka, mountPath: /etc/leakwatch/kafka, readOnly: true}
      - {name: tmp, mountPath: /tmp}
      {{- if $root.Values.rules }}
      - {name: rules, mountPath: /etc/leakwatch/rules, readOnly: true}
      {{- end }}
      {{- if eq .part "ingest" }}
      - {name: keys, mountPath: /etc/leakwatch/keys, readOnly: true}
      - {name: directory, mountPath: /etc/leakwatch/directory, readOnly: true}
      - {name: filters, mountPath: /var/lib/leakwatch/filters, readOnly: true}
      {{- end }}
      {{- if eq .part "detect" }}
      - {name: state, mountPath: /var/lib/leakwatch/state}
      {{- end }}
volumes:
  - name: config
    configMap: {name: {{ include "leakwatch.name" $root }}-config}
  - name: kafka
    secret: {secretName: {{ index $root.Values.secrets.kafka .part }}, defaultMode: 0440}
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
  {{- if and (eq .part "detect") $root.Values.state.existingClaim }}
  - name: state
    persistentVolumeClaim: {claimName: {{ $root.Values.state.existingClaim }}}
  {{- end }}
{{- end }}

{{- define "leakwatch.filters" -}}
{{ .Values.filters.existingClaim | default (printf "%s-filters" (include "leakwatch.name" .)) }}
{{- end }}
