"""Stage `libraries`: the installed versions of the libraries that compute bytes.

It runs at every `dvc repro`, in a moment. The other stages depend on the versions of those that
they use, so a library that was upgraded is seen.
"""

from lookalike.core.json_file import write_json
from lookalike.core.layout import Layout
from lookalike.core.libraries import installed_versions
from lookalike.terminal.stage import run_stage


def main(project: Layout) -> None:
    write_json(project.libraries, installed_versions())


if __name__ == "__main__":
    run_stage("libraries", main)
