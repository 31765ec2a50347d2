"""What people who have docker or Kubernetes start the service with: a few files to read, and to change."""

from __future__ import annotations

import re
import sys
from string import Template
from typing import TYPE_CHECKING, ClassVar, final

from mlwright.exports.model_file import model_bytes
from mlwright.exports.oci.distributions import NEEDED, pinned
from mlwright.exports.oci.own import WHEEL_NAME, own_wheel
from mlwright.exports.oci.service import PORT, USER, image_name, image_tag, variables
from mlwright.exports.target import Target, Wishes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlwright.artifact.model import Model

_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
"""Names of files that need no quotes anywhere."""
_CONTAINERFILE = """\
# docker build -f Containerfile -t $image .
# It starts with keys (MLWRIGHT_KEYS names their file), or with MLWRIGHT_INSECURE=1 where something else
# protects it.
FROM python:$python-slim
COPY requirements.txt $wheel /opt/mlwright/
# What answering, and logging what was answered, needs: the versions of the machine that wrote this. mlwright
# itself is the one that wrote this, too; it comes from no package index.
RUN pip install --no-cache-dir -r /opt/mlwright/requirements.txt && \\
    pip install --no-cache-dir --no-index --no-deps /opt/mlwright/$wheel
COPY $file /model/
ENV $variables
EXPOSE $port
STOPSIGNAL SIGTERM
USER $user:$user
ENTRYPOINT ["mlwright"]
CMD ["serve"]
"""

_COMPOSE = """\
# docker compose up: the service at http://127.0.0.1:$port, and Prometheus, which reads its counters, at
# http://127.0.0.1:9090. Both can be reached from this machine alone, so the service asks for no keys.
services:
  $name:
    build: {context: ., dockerfile: Containerfile}
    image: $image
    environment: {MLWRIGHT_INSECURE: "1"}
    ports: ["127.0.0.1:$port:$port"]
    read_only: true
    tmpfs: [/tmp]
    cap_drop: [ALL]
    security_opt: ["no-new-privileges:true"]
    mem_limit: 512m
    stop_grace_period: 40s
    restart: unless-stopped
  prometheus:
    image: prom/prometheus:v3.5.0
    volumes:
      - ./prometheus.yml:/etc/prometheus/prometheus.yml:ro
      - prometheus:/prometheus
    ports: ["127.0.0.1:9090:9090"]
    depends_on: [$name]
    restart: unless-stopped
volumes:
  prometheus: {}  # What was counted outlives the container; docker compose down --volumes removes it.
"""

_PROMETHEUS = """\
global:
  scrape_interval: 15s
scrape_configs:
  - job_name: $name
    # With keys, one of the scope "metrics": authorization: {credentials_file: /run/secrets/metrics_key}
    static_configs:
      - targets: ["$name:$port"]
"""

_KUBERNETES = """\
# 1. Bring the image where the cluster finds it, and write its address at `image`.
# 2. Make a key, and the secret that it opens the service with:
#      mlwright key NAME
#      kubectl create secret generic $name-keys --from-file=keys.json
# 3. kubectl apply -f kubernetes.yaml
# The autoscaler needs metrics-server in the cluster: kubectl top pods shows whether it is there. Without it
# there are as many pods as minReplicas says.
apiVersion: apps/v1
kind: Deployment
metadata:
  name: $name
  labels: {app.kubernetes.io/name: $name, app.kubernetes.io/version: "$tag"}
spec:
  selector:
    matchLabels: {app.kubernetes.io/name: $name}
  strategy:
    rollingUpdate: {maxUnavailable: 0, maxSurge: 1}
  template:
    metadata:
      labels: {app.kubernetes.io/name: $name, app.kubernetes.io/version: "$tag"}
      # For a Prometheus that looks for these. /metrics asks for a key with the scope "metrics", which an
      # annotation cannot hold: make one with mlwright key NAME --scope metrics, and give it to the job of
      # Prometheus as authorization: {credentials_file: FILE}.
      annotations:
        prometheus.io/scrape: "true"
        prometheus.io/path: /metrics
        prometheus.io/port: "$port"
    spec:
      automountServiceAccountToken: false
      enableServiceLinks: false
      securityContext:
        runAsNonRoot: true
        runAsUser: $user
        runAsGroup: $user
        seccompProfile: {type: RuntimeDefault}
      # Told to stop, it takes requests for 5 s more, while the cluster stops sending them, and ends its work.
      terminationGracePeriodSeconds: 40
      containers:
        - name: service
          image: $image
          args: [serve]
          env:
            - {name: MLWRIGHT_KEYS, value: /keys/keys.json}
          ports:
            - {name: http, containerPort: $port}
          # Probes need no key.
          startupProbe:
            httpGet: {path: /readyz, port: http}
            periodSeconds: 1
            failureThreshold: 60
          readinessProbe:
            httpGet: {path: /readyz, port: http}
            periodSeconds: 2
            failureThreshold: 1
          livenessProbe:
            httpGet: {path: /livez, port: http}
            periodSeconds: 10
            timeoutSeconds: 5
          resources:
            requests: {cpu: 250m, memory: 256Mi}
            limits: {cpu: "1", memory: 512Mi}
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities: {drop: [ALL]}
          volumeMounts:
            - {name: keys, mountPath: /keys, readOnly: true}
            - {name: tmp, mountPath: /tmp}
      volumes:
        - name: keys
          secret: {secretName: $name-keys}
        - name: tmp
          emptyDir: {medium: Memory, sizeLimit: 16Mi}
---
apiVersion: v1
kind: Service
metadata:
  name: $name
  labels: {app.kubernetes.io/name: $name}
spec:
  selector: {app.kubernetes.io/name: $name}
  ports:
    - {name: http, port: 80, targetPort: http}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: $name
  labels: {app.kubernetes.io/name: $name}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: $name}
  minReplicas: 2
  maxReplicas: 10
  metrics:
    - type: Resource
      resource:
        name: cpu
        target: {type: Utilization, averageUtilization: 70}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: $name
  labels: {app.kubernetes.io/name: $name}
spec:
  maxUnavailable: 1
  selector:
    matchLabels: {app.kubernetes.io/name: $name}
"""


@final
class Deployment(Target):
    """The model, mlwright, a Containerfile, a manifest for Kubernetes, and Compose with Prometheus."""

    title = "files to build and run the service with docker or Kubernetes"
    is_folder = True
    next_steps: ClassVar[str] = """\
On this machine:  cd $place && docker compose up       (the service at 127.0.0.1:8080, and Prometheus)
On a cluster:     docker build -f Containerfile -t $image . and push it where the cluster finds it;
                  write its address and make the keys, as kubernetes.yaml says;
                  kubectl apply -f kubernetes.yaml"""

    def files(self, model: Model, name: str, wishes: Wishes) -> Mapping[str, bytes]:
        """Return the files of the folder."""
        called = wishes.called or name
        data, host = model_bytes(model), image_name(called)
        file = f"{called if _PLAIN.fullmatch(called) else host}.mlw"
        facts = {
            "file": file,
            "image": f"{host}:{image_tag(data)}",
            "name": host,
            "port": str(PORT),
            "python": f"{sys.version_info[0]}.{sys.version_info[1]}",
            "tag": image_tag(data),
            "user": str(USER),
            "variables": " \\\n    ".join(
                f'{key}="{value}"' for key, value in variables(f"/model/{file}").items()
            ),
            "wheel": WHEEL_NAME,
        }
        texts = {
            "Containerfile": _CONTAINERFILE,
            "compose.yaml": _COMPOSE,
            "kubernetes.yaml": _KUBERNETES,
            "prometheus.yml": _PROMETHEUS,
        }
        return {
            file: data,
            WHEEL_NAME: own_wheel(),
            "requirements.txt": "".join(f"{line}\n" for line in pinned((*NEEDED, "polars"))).encode(),
            **{path: Template(text).substitute(facts).encode() for path, text in texts.items()},
        }
