"""The documented commands that train on several hosts, run here: what is a host is a process.

`srun` and `scontrol` stand for a Slurm cluster, and nothing stands for the pods of Kubernetes but
their environment; torchrun, Git, DVC and the training are real.
"""

import json
import subprocess
from pathlib import Path

import pytest
from ruamel.yaml import YAML
from tests.docs.blocks import blocks, commands

from .conftest import REPOSITORY, Project

JOB = REPOSITORY / "deploy/kubernetes/overlays/training/job.yaml"
SRUN = """\
#!/bin/bash
while [[ $1 == --* ]]; do shift 2; done
export SLURM_NNODES=2 SLURM_GPUS_ON_NODE=1
SLURM_NODEID=0 "$@" & first=$!
SLURM_NODEID=1 "$@" && wait $first
"""
SCONTROL = """\
#!/bin/bash
[[ "$*" == "show hostnames" ]] && printf '127.0.0.1\\n127.0.0.2\\n'
"""


@pytest.fixture
def project(finished: Project) -> Project:
    """A project that has to be trained anew, on two hosts with a processor each."""
    finished.set_params(train__lr=0.002, machine__hosts=2, machine__workers=0)
    finished.commit("two hosts")
    finished.environment["OMP_NUM_THREADS"] = "1"
    return finished


@pytest.mark.full
def test_the_command_for_slurm_trains_and_dvc_takes_the_outputs(
    project: Project, tmp_path: Path
) -> None:
    for name, script in {"srun": SRUN, "scontrol": SCONTROL}.items():
        program = tmp_path / "slurm" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text(script)
        program.chmod(0o755)
    project.environment["PATH"] = f"{tmp_path}/slurm:{project.environment['PATH']}"
    [command] = [
        command.text.replace("\\\n", " ")
        for block in blocks("docs/training.md")
        for command in commands(block)
        if command.text.startswith("srun ")
    ]
    project.run("bash", "-c", command)
    project.run("dvc", "commit", "--force", "train")
    assert "train" not in project.stages_to_run()


@pytest.mark.full
def test_the_pods_of_kubernetes_train_and_the_first_one_pushes(
    project: Project, tmp_path: Path
) -> None:
    project.run("dvc", "remote", "add", "--default", "--force", "beside", str(tmp_path / "remote"))
    project.commit("a remote")
    project.run("dvc", "push", "ingest", "split")
    repository = tmp_path / "project.git"
    project.run("git", "clone", "--quiet", "--bare", ".", str(repository))
    [container] = YAML(typ="safe").load(JOB)["spec"]["template"]["spec"]["containers"]
    [script] = container["args"]
    said = {each["name"]: each["value"] for each in container["env"]}
    here = {"DEVICES": "1", "MASTER_ADDR": "127.0.0.1", "GIT_REPOSITORY": str(repository)}
    pods = []
    for index in range(2):
        (work := tmp_path / f"pod-{index}").mkdir()
        number = {"JOB_COMPLETION_INDEX": str(index)}
        environment = project.environment | said | here | number
        pods.append(subprocess.Popen([*container["command"], script], cwd=work, env=environment))
    assert [pod.wait() for pod in pods] == [0, 0]
    trained = Project(repository).clone(tmp_path / "trained")
    trained.run("dvc", "pull", "ingest", "split", "train")
    assert json.loads(trained.read("metrics/train.json"))["classes"] == 10
    assert "up to date" in trained.run("dvc", "status", "train").stdout
