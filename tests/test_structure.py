"""How the house is built: which module may import which, what is public, and addresses that must agree.

Every rule is a function over a folder that returns what breaks it, and is shown to find a planted mistake.
"""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# What each module may import, bottom-up; `arguments` besides, from everywhere. The table of the architecture.
MATHEMATICS = ("scores", "weights", "masks", "positions", "single_head", "multi_head")
MAY_IMPORT = {
    "arguments": (),
    "results": (),
    "scores": (),
    "weights": (),
    "masks": (),
    "positions": (),
    "single_head": ("scores", "weights"),
    "multi_head": ("single_head",),
    "properties": (),
    "checks": (*MATHEMATICS, "properties"),
    "tasks": (),
    "layers": MATHEMATICS,
    "training": ("layers", "tasks"),
    "pretrained": ("layers", *MATHEMATICS),
    "doctor": (),
    "figures": MATHEMATICS,
    "explorers": MATHEMATICS,
    "__init__": MATHEMATICS,
}
# And from elsewhere, next to Python's own library.
EVERYWHERE = ("numpy", "array_api_compat")
FROM_ELSEWHERE = {
    "tasks": ("babel",),
    "layers": ("torch",),
    "training": ("torch", "IPython"),
    "pretrained": ("torch", "safetensors", "tokenizers"),
    "figures": ("matplotlib",),
    "explorers": ("anywidget", "traitlets"),
}
HEAVY = ("torch", "matplotlib", "anywidget", "traitlets", "IPython", "safetensors", "tokenizers")


def plant(folder, files):
    """Write a small tree of files; returns its folder."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


# --- imports ---


def module_of(package, path):
    """The module of the table that a file belongs to: its own name, or that of its folder."""
    return path.relative_to(package).parts[0].removesuffix(".py")


def exports(package):
    """The names that `__init__.py` imports, and the module each comes from."""
    tree = ast.parse((package / "__init__.py").read_text(encoding="utf-8"))
    return {
        alias.asname or alias.name: node.module.split(".")[1]
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(f"{package.name}.")
        for alias in node.names
    }


def imports(package, path):
    """All that a file imports, as dotted names; inside functions too."""
    own = (package.name, *path.relative_to(package).parent.parts)
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = own[: len(own) - node.level + 1] if node.level else ()
            source = ".".join((*above, *filter(None, [node.module])))
            # `from package import name` may mean a module or a function
            yield from (f"{source}.{alias.name}" if source == package.name else source for alias in node.names)


def wrong_arrows(package):
    """Imports that do not point down the table, and modules that the table does not know."""
    public, found = exports(package), []
    for path in sorted(package.rglob("*.py")):
        module = module_of(package, path)
        if module not in MAY_IMPORT:
            found.append(f"{module} is not in the table of modules")
            continue
        for name in imports(package, path):
            library, *rest = name.split(".")
            if library == package.name:
                # the whole package stands for everything that it exports
                targets = [public.get(rest[0], rest[0])] if rest else sorted(set(public.values()))
                allowed = {module, "arguments", *MAY_IMPORT[module]}
                found += [f"{module} imports {target}" for target in targets if target not in allowed]
            elif library not in {*sys.stdlib_module_names, *EVERYWHERE, *FROM_ELSEWHERE.get(module, ())}:
                found.append(f"{module} imports {library}")
    return found


def test_imports_inside_attnlib_point_down():
    assert wrong_arrows(ROOT / "attnlib") == []


def test_the_table_of_modules_itself_points_down():
    order = list(MAY_IMPORT)
    for module, below in MAY_IMPORT.items():
        assert all(order.index(name) < order.index(module) for name in below)


@pytest.mark.parametrize(
    ("path", "line", "arrow"),
    [
        ("scores.py", "from attnlib.weights import softmax", "scores imports weights"),
        ("scores.py", "from attnlib import softmax", "scores imports weights"),
        ("scores.py", "from attnlib import weights", "scores imports weights"),
        ("scores.py", "from .weights import softmax", "scores imports weights"),
        ("scores.py", "from . import weights", "scores imports weights"),
        ("scores.py", "import attnlib.weights", "scores imports weights"),
        ("scores.py", "import attnlib", "scores imports weights"),
        ("scores.py", "def f():\n    from attnlib.weights import softmax", "scores imports weights"),
        ("arguments.py", "from attnlib.scores import dot_scores", "arguments imports scores"),
        ("properties.py", "from attnlib.masks import causal_mask", "properties imports masks"),
        ("single_head.py", "from attnlib.masks import causal_mask", "single_head imports masks"),
        ("single_head.py", "from attnlib.multi_head import split_heads", "single_head imports multi_head"),
        ("multi_head.py", "from attnlib.weights import softmax", "multi_head imports weights"),
        ("explorers/curves.py", "from ..figures import heatmap", "explorers imports figures"),
        ("explorers/curves.py", "from .. import figures", "explorers imports figures"),
        ("__init__.py", "from attnlib.figures import heatmap", "__init__ imports figures"),
        ("weights.py", "import torch", "weights imports torch"),
        ("weights.py", "import torch.nn.functional as F", "weights imports torch"),
        ("figures.py", "import anywidget", "figures imports anywidget"),
        ("weights.py", "from tools.course import run", "weights imports tools"),
        ("weights.py", "import tests.conftest", "weights imports tests"),
        ("weights.py", "import book", "weights imports book"),
        ("weights.py", "import notebooks", "weights imports notebooks"),
        ("weights.py", "import assignments", "weights imports assignments"),
        ("drawings.py", "", "drawings is not in the table of modules"),
    ],
)
def test_an_import_that_points_up_or_away_is_found(tmp_path, path, line, arrow):
    package = plant(
        tmp_path / "attnlib",
        {
            "__init__.py": "from attnlib.weights import softmax\n",
            "weights.py": "import math\nimport numpy as np\nfrom attnlib.arguments import namespace_of\n",
            "single_head.py": "from attnlib import softmax\nfrom .scores import dot_scores\n",
            "explorers/__init__.py": "from .curves import draw\nfrom attnlib.explorers.curves import draw\n",
            "explorers/curves.py": "import attnlib\nfrom .. import softmax\nfrom . import other\nimport anywidget\n",
        },
    )
    assert wrong_arrows(package) == []
    with (package / path).open("a", encoding="utf-8") as file:
        file.write(line + "\n")
    assert arrow in wrong_arrows(package)


def loaded(folder, package="attnlib"):
    """The heavy libraries that a fresh Python holds after importing the package that lies in `folder`."""
    code = f"import sys; sys.path.insert(0, {str(folder)!r}); import {package}; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return sorted({name.split(".")[0] for name in run.stdout.split()} & set(HEAVY))


def test_importing_attnlib_loads_neither_torch_nor_matplotlib_nor_anywidget():
    assert loaded(ROOT) == []


def test_a_package_that_loads_matplotlib_is_found(tmp_path):
    plant(tmp_path, {"planted/__init__.py": "from planted import figures\n", "planted/figures.py": "import matplotlib"})
    assert loaded(tmp_path, "planted") == ["matplotlib"]


# --- names ---

NO_NOUNS = {"utils", "util", "helpers", "helper", "common", "misc", "tools", "core", "base"}


def wrong_names(package):
    """Modules named for nothing in particular, or named as a function that the package exports."""
    found = []
    for path in sorted(package.rglob("*")):
        if path.suffix == ".py" or (path / "__init__.py").is_file():
            if path.stem in NO_NOUNS:
                found.append(f"{path.name} names nothing in particular")
            if path.stem in exports(package):
                found.append(f"{path.name} has the name of a function")
    return found


def wrong_exports(package):
    """Differences between what `__init__.py` imports and its `__all__`; names out of order."""
    tree = ast.parse((package / "__init__.py").read_text(encoding="utf-8"))
    lists = [
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and any(getattr(t, "id", "") == "__all__" for t in node.targets)
    ]
    if len(lists) != 1:
        return ["there must be exactly one __all__"]
    (names,) = lists
    found = [f"{name} is imported and not in __all__" for name in sorted(set(exports(package)) - set(names))]
    found += [f"{name} is in __all__ and not imported" for name in sorted(set(names) - set(exports(package)))]
    found += [f"{name} is private" for name in names if name.startswith("_")]
    return found + (["__all__ is not sorted"] if names != sorted(set(names)) else [])


def test_every_module_has_a_noun_and_none_has_the_name_of_a_function():
    assert wrong_names(ROOT / "attnlib") == []


def test_all_public_names_and_no_others_are_in_all():
    assert wrong_exports(ROOT / "attnlib") == []
    code = "import attnlib, types; print(*(n for n, x in vars(attnlib).items() if type(x) is not types.ModuleType))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert {name for name in run.stdout.split() if "__" not in name} == set(exports(ROOT / "attnlib"))


GOOD_INIT = 'from attnlib.weights import entropy, softmax\n\n__all__ = ["entropy", "softmax"]\n'


@pytest.mark.parametrize("path", ["utils.py", "explorers/helpers.py", "common/__init__.py"])
def test_a_module_without_a_noun_is_found(tmp_path, path):
    package = plant(tmp_path / "attnlib", {"__init__.py": GOOD_INIT, "weights.py": "", "explorers/__init__.py": ""})
    assert wrong_names(package) == []
    plant(package, {path: ""})
    assert len(wrong_names(package)) == 1


@pytest.mark.parametrize("path", ["softmax.py", "softmax/__init__.py"])
def test_a_module_that_has_the_name_of_a_function_is_found(tmp_path, path):
    package = plant(tmp_path / "attnlib", {"__init__.py": GOOD_INIT, path: ""})
    assert wrong_names(package) == [f"{Path(path).parts[0]} has the name of a function"]


@pytest.mark.parametrize(
    ("old", "new", "mistake"),
    [
        ('"entropy", ', "", "entropy is imported and not in __all__"),
        ("entropy, softmax\n", "softmax\n", "entropy is in __all__ and not imported"),
        ('["entropy", "softmax"]', '["softmax", "entropy"]', "__all__ is not sorted"),
        ("entropy", "_entropy", "_entropy is private"),
        ("__all__", "names", "there must be exactly one __all__"),
    ],
)
def test_a_list_of_public_names_that_is_wrong_is_found(tmp_path, old, new, mistake):
    package = plant(tmp_path / "attnlib", {"__init__.py": GOOD_INIT})
    assert wrong_exports(package) == []
    plant(package, {"__init__.py": GOOD_INIT.replace(old, new)})
    assert wrong_exports(package) == [mistake]


# --- docstrings ---

PARTS = ("Args:", "Returns:", "Raises:", "Example:", ">>> ")


def incomplete_docstrings(package):
    """Exported functions whose docstring lacks a part, or does not name an argument."""
    public, found = exports(package), []
    for name, module in public.items():
        tree = ast.parse((package / f"{module}.py").read_text(encoding="utf-8"))
        (function,) = (node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == name)
        text = ast.get_docstring(function) or ""
        found += [
            f"{name} has no {part.strip(': ')}" for part in PARTS if f"\n{part}" not in text.replace("\n    ", "\n")
        ]
        arguments = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
        described = text.partition("Args:")[2].partition("Returns:")[0]
        found += [
            f"{name} does not describe {argument.arg}"
            for argument in arguments
            if f"\n    {argument.arg}: " not in described
        ]
    return found


def test_every_exported_function_says_what_it_takes_returns_and_refuses_and_shows_it():
    assert incomplete_docstrings(ROOT / "attnlib") == []


GOOD_FUNCTION = '''
def softmax(scores):
    """Turn scores into weights.

    Args:
        scores: (..., key).

    Returns:
        Weights.

    Raises:
        ValueError: never.

    Example:
        >>> 1 + 1
        2
    """
'''


@pytest.mark.parametrize(
    ("old", "new", "mistake"),
    [
        ("    Args:\n        scores: (..., key).\n", "", "softmax has no Args"),
        ("Returns:", "Gives:", "softmax has no Returns"),
        ("Raises:", "Errors:", "softmax has no Raises"),
        ("Example:", "For example:", "softmax has no Example"),
        (">>> 1 + 1\n        2", "one", "softmax has no >>>"),
        ("softmax(scores)", "softmax(scores, temperature)", "softmax does not describe temperature"),
        ("softmax(scores)", "softmax(scores, *, axis)", "softmax does not describe axis"),
    ],
)
def test_a_docstring_that_lacks_a_part_is_found(tmp_path, old, new, mistake):
    init = "from attnlib.weights import softmax\n"
    package = plant(tmp_path / "attnlib", {"__init__.py": init, "weights.py": GOOD_FUNCTION})
    assert incomplete_docstrings(package) == []
    assert GOOD_FUNCTION.count(old) == 1
    plant(package, {"weights.py": GOOD_FUNCTION.replace(old, new)})
    assert mistake in incomplete_docstrings(package)


# --- addresses, versions, folders ---

TEXT_FILES = {".md", ".yml", ".yaml", ".cff", ".py", ".ipynb", ".toml", ".txt", ".cfg", ".js", ".css", ".html", ".json"}


def text_files(folder):
    """The text files that git tracks or would track; all of them where there is no git."""
    if (folder / ".git").exists():
        command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
        names = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout.split("\0")
        paths = [folder / name for name in names if name]
    else:
        paths = [path for path in folder.rglob("*") if "__pycache__" not in path.parts]
    paths = [path for path in sorted(paths) if path.is_file()]
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in paths
        if path != Path(__file__)  # here stand the planted mistakes
        and (path.suffix in TEXT_FILES or path.name in ("Makefile", "LICENSE", "LICENSE-TEXT", "run"))
    }


def project(folder):
    return tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]


# Where a repository is named by owner and name: the site itself, raw files, Colab, Binder, Pages.
ADDRESS = re.compile(
    r"(?:github\.com[/:]|raw\.githubusercontent\.com/|colab\.research\.google\.com/github/|mybinder\.org/v2/gh/)"
    r"([\w.-]+)/([\w.-]+)|([\w-]+)\.github\.io/([\w.-]+)"
)
# Lines that always mean this project, whatever they say.
OURS = re.compile(
    r"(?:git\+|git clone |repository-code: *\"?|repository = \"|repository_url: *\"?)(https?://[^\s\"'\\#]+)"
)
PLACEHOLDERS = {"owner", "org", "user", "username", "example", "your-name", "your-org", "your-username"}


def wrong_addresses(folder):
    """Addresses of the project that differ from the one in pyproject.toml."""
    address = project(folder)["urls"]["repository"]
    owner, name = address.split("/")[-2:]
    found = []
    for path, text in text_files(folder).items():
        for match in OURS.finditer(text):
            if match[1].rstrip("/").removesuffix(".git") != address:
                found.append(f"{path}: {match[1]}")
        for match in ADDRESS.finditer(text):
            their_owner, their_name = (group.removesuffix(".git").rstrip(".") for group in match.groups() if group)
            is_about_us = their_owner == owner or their_name == name or their_owner.lower() in PLACEHOLDERS
            if is_about_us and (their_owner, their_name) != (owner, name):
                found.append(f"{path}: {match[0]}")
    return found


def test_the_address_of_the_project_is_the_same_everywhere():
    assert wrong_addresses(ROOT) == []


HOUSE = {
    "pyproject.toml": '[project]\nversion = "0.1.0"\n[project.urls]\nrepository = "https://github.com/we/course"\n',
    "README.md": "Read\n\n| folder | verb |\n|---|---|\n| `book/` | write |\n\ngit clone https://github.com/we/course.git\n",
    "CITATION.cff": 'version: 0.1.0\nrepository-code: "https://github.com/we/course"\n',
    "book/notices.md": "Made with https://github.com/executablebooks/jupyter-book and site.com/work/all.\n",
}


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("README.md", "git clone https://github.com/they/lessons"),
        ("README.md", "https://github.com/we/lessons/issues"),
        ("README.md", "https://colab.research.google.com/github/they/course/blob/main/a.ipynb"),
        ("book/index.md", "https://mybinder.org/v2/gh/OWNER/course/main"),
        ("book/index.md", "https://they.github.io/course/"),
        ("tools/a.py", "# https://raw.githubusercontent.com/your-org/lessons/main/data.csv"),
        ("notebooks/a.ipynb", '"pip install git+https://github.com/they/lessons\\n"'),
        ("CITATION.cff", "repository-code: https://github.com/they/lessons"),
        ("_config.yml", "repository_url: https://github.com/they/lessons"),
    ],
)
def test_another_address_is_found(tmp_path, path, line):
    folder = plant(tmp_path, HOUSE)
    assert wrong_addresses(folder) == []
    plant(folder, {path: HOUSE.get(path, "") + line + "\n"})
    assert {found.split(":")[0] for found in wrong_addresses(folder)} == {path}


def wrong_versions(folder):
    """The version in CITATION.cff, if it is not the one in pyproject.toml."""
    versions = re.findall(r"^version: *\"?([^\s\"]+)", (folder / "CITATION.cff").read_text(encoding="utf-8"), re.M)
    return [] if versions == [project(folder)["version"]] else versions or ["no version"]


def test_the_version_in_the_citation_is_the_packages():
    assert wrong_versions(ROOT) == []


@pytest.mark.parametrize(("text", "found"), [("version: 0.2.0\n", ["0.2.0"]), ("cff-version: 1.2.0\n", ["no version"])])
def test_another_version_is_found(tmp_path, text, found):
    assert wrong_versions(plant(tmp_path, HOUSE)) == []
    assert wrong_versions(plant(tmp_path, {"CITATION.cff": text})) == found


# Homes and workplaces of single machines; not part of a web address.
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:root|work|home/\w+|Users/\w+)/[^\s\"')]*")


def machine_paths(folder):
    """Paths that exist on one machine only."""
    return [f"{path}: {match}" for path, text in text_files(folder).items() for match in MACHINE_PATH.findall(text)]


def test_no_file_names_a_path_of_one_machine():
    assert machine_paths(ROOT) == []


@pytest.mark.parametrize("place", ["root", "work", "home/ada", "Users/ada"])
def test_a_path_of_one_machine_is_found(tmp_path, place):
    assert machine_paths(plant(tmp_path, HOUSE)) == []
    plant(tmp_path, {"notebooks/a.ipynb": f'"File \\"/{place}/course/a.py\\", line 1"'})
    assert len(machine_paths(tmp_path)) == 1


def wrong_map(folder):
    """Folders in README's map that do not exist, and folders of the repository that the map leaves out."""
    readme = (folder / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"^\| `(\w+)/`", readme, re.M))
    there = {path.split("/")[0] for path in text_files(folder) if "/" in path and not path.startswith(".")}
    return [f"{name} does not exist" for name in sorted(named - there)] + [
        f"{name} is not on the map" for name in sorted(there - named)
    ]


def test_the_map_in_the_readme_names_the_folders_that_there_are():
    assert wrong_map(ROOT) == []


def test_a_map_that_is_wrong_is_found(tmp_path):
    assert wrong_map(plant(tmp_path, HOUSE)) == []
    plant(tmp_path, {"attic/a.md": "", "README.md": HOUSE["README.md"].replace("book", "books")})
    assert wrong_map(tmp_path) == ["books does not exist", "attic is not on the map", "book is not on the map"]
