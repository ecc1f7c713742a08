"""The packages as files: built twice, looked at by their distributions' critics, compared with each other."""

from __future__ import annotations

import gzip
import hashlib
import os
import re
import shutil
import stat
import subprocess

import pytest

from tests.box import image
from tests.box.agent import DIRECTORY, Agent, package
from tests.conftest import ROOT

# What each kind of package adds to the tree in its own way.
OWN = ("usr/share/doc", "usr/share/licenses", "usr/share/lintian", "usr/share/python3")
SPEC = ROOT / "packaging/rpm/openstack-resource-agents.spec"


def run(*command: object, **more) -> str:
    """Standard output of a command that has to succeed."""
    words = [str(word) for word in command]
    done = subprocess.run(words, capture_output=True, text=True, check=False, **more)
    assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def deb():
    if os.geteuid() != 0 or not shutil.which("dh_python3"):
        pytest.skip("building the deb needs debhelper and dh-python")
    return package()


@pytest.fixture(scope="module")
def rpm():
    if os.geteuid() != 0 or not shutil.which("rpmbuild"):
        pytest.skip("building the rpm needs rpm")
    made = run("make", "-s", "rpm", cwd=ROOT)
    return ROOT / made.split()[-1]


def digest(path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("kind", ["deb", "rpm"])
def test_two_builds_are_the_same(kind, deb, rpm, tmp_path):
    """
    Byte for byte, from another directory, where there is no git, with other times.
    """
    elsewhere = tmp_path / "source"
    ignored = shutil.ignore_patterns(".git", ".venv", "build", "__pycache__", ".*_cache", ".hypothesis")
    shutil.copytree(ROOT, elsewhere, symlinks=True, ignore=ignored)
    run("find", elsewhere, "-exec", "touch", "--no-dereference", "{}", "+")
    again = run("make", "-s", kind, cwd=elsewhere).split()[-1]

    assert digest(elsewhere / again) == digest({"deb": deb, "rpm": rpm}[kind])


def test_built_in_a_minimal_root(deb, tmp_path):
    """
    By dpkg-buildpackage, where nothing is installed but what the source package asks for.
    """
    root = tmp_path / "root"
    run("cp", "-a", image.build("build"), root)
    source = root / "source/tree"
    source.mkdir(parents=True)
    for name in ("agents", "ocf_lib", "docs", "packaging", "Makefile", "LICENSE"):
        run("cp", "-a", ROOT / name, source)
    for page in ROOT.glob("*.md"):
        shutil.copy(page, source)
    shutil.copytree(ROOT / "packaging/deb", source / "debian")
    try:
        run("chroot", root, "sh", "-c", "cd /source/tree && dpkg-buildpackage --build=binary --no-sign")
        built = root / "source" / deb.name
        assert run("dpkg-deb", "--contents", built).count("\n") == run("dpkg-deb", "--contents", deb).count("\n")
    finally:
        shutil.rmtree(root)


def test_lintian_is_content(deb):
    """
    Pedantic, with the overrides of the package and their reasons.
    """
    (changes,) = deb.parent.glob("*.changes")
    said = run("lintian", "--pedantic", "--display-info", "--allow-root", "--fail-on", "warning", changes)
    assert said == ""


def test_rpmlint_is_content(rpm):
    """
    With the filters of the package and their reasons.
    """
    said = run("rpmlint", "--rpmlintrc", ROOT / "packaging/rpm/rpmlintrc", rpm, SPEC)
    assert "0 errors, 0 warnings" in said, said


def tree(root) -> dict[str, tuple]:
    """{path: (mode, what is in it)} of everything below *root*."""
    found = {}
    for path in sorted(root.rglob("*")):
        name = str(path.relative_to(root))
        if name.startswith(OWN):
            continue
        mode = path.lstat().st_mode
        content = os.readlink(path) if stat.S_ISLNK(mode) else digest(path) if stat.S_ISREG(mode) else ""
        found[name] = (stat.filemode(mode), path.lstat().st_uid, path.lstat().st_gid, content)
    return found


def test_both_packages_install_the_same_tree(deb, rpm, tmp_path):
    """
    File by file, mode by mode, link by link.
    """
    from_deb, from_rpm = tmp_path / "deb", tmp_path / "rpm"
    run("dpkg-deb", "--extract", deb, from_deb)
    from_rpm.mkdir()
    # The database lies elsewhere, and an empty root has no program that a script could run.
    run("rpm", "--root", from_rpm, "--dbpath", "/database", "--nodeps", "--noscripts", "--install", rpm)
    shutil.rmtree(from_rpm / "database")
    ours = tree(from_deb)

    # dpkg makes the directories above; rpm leaves them to the packages that own them.
    assert tree(from_rpm) == ours
    assert f"{DIRECTORY[1:]}/keystone" in ours
    assert "usr/share/man/man7/ocf_openstack_keystone.7.gz" in ours


def test_the_rpm_takes_the_place_of_the_old_agents(rpm, tmp_path):
    """
    Of any version, although both packages have the same files.
    """
    (tmp_path / "old.spec").write_text(
        "Name: openstack-resource-agents\nVersion: 2019.2\nRelease: 1\nSummary: x\nLicense: x\nBuildArch: noarch\n"
        f"%description\nx\n%install\nmkdir -p %{{buildroot}}{DIRECTORY}\necho old > %{{buildroot}}{DIRECTORY}/keystone\n"
        f"%files\n{DIRECTORY}/keystone\n"
    )
    run("rpmbuild", "-bb", "--define", f"_topdir {tmp_path}", "--build-in-place", tmp_path / "old.spec", cwd=tmp_path)
    (old,) = tmp_path.glob("RPMS/noarch/*.rpm")
    root = tmp_path / "root"
    root.mkdir()
    here = ("rpm", "--root", root, "--dbpath", "/database", "--nodeps", "--noscripts")
    run(*here, "--install", old)
    run(*here, "--upgrade", rpm)

    assert run("rpm", "--root", root, "--dbpath", "/database", "-qa", "--queryformat", "%{NAME}\n").split() == [
        "resource-agents-openstack"
    ]
    assert "python3" in (root / DIRECTORY[1:] / "keystone").read_text().splitlines()[0]


@pytest.mark.parametrize("script", ["deb/postinst", "rpm/openstack-resource-agents.spec"])
def test_an_upgrade_removes_only_what_earlier_versions_left(tmp_path, script):
    """
    A directory that is no version of the library is somebody else's.
    """
    text = (ROOT / "packaging" / script).read_text().replace("%{library}", "/usr/lib/ocf/lib/openstack")
    (loop,) = re.findall(r"^for directory in .*?^done$", text, re.MULTILINE | re.DOTALL)
    for name in ("0.0.9/ocf_lib/__pycache__", "0.1.0/ocf_lib", "site", "lib1"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "0.1.0/ocf_lib/main.py").touch()
    (tmp_path / "1.txt").touch()
    run("sh", "-e", "-c", loop.replace("/usr/lib/ocf/lib/openstack", str(tmp_path)))
    (tmp_path / "empty").mkdir()
    run("sh", "-e", "-c", loop.replace("/usr/lib/ocf/lib/openstack", str(tmp_path / "empty")))

    assert sorted(path.name for path in tmp_path.iterdir()) == ["0.1.0", "1.txt", "empty", "lib1", "site"]


def test_the_rpm_runs(rpm, box):
    """
    Installed into the root of a host with its scripts; an agent there runs, and is gone after rpm --erase.
    """
    host = box.add("rpm")
    shutil.copy(rpm, host.files / "root")
    into = ("rpm", "--root", host.files, "--nodeps")
    # Its database is in the home directory of whoever runs the test, and may know the package of a run that failed.
    subprocess.run(["rpm", "--erase", "--justdb", "--noscripts", "resource-agents-openstack"], check=False)
    run(*into, "--install", rpm)
    library = next((host.files / "usr/lib/ocf/lib/openstack").glob("*/ocf_lib"))
    assert list((library / "acts/__pycache__").glob("monitor.*.pyc")), "no byte code"

    agent = Agent(host, "swift-object", "p_swift_object")
    assert agent("meta-data").out.startswith("<?xml")
    assert agent("monitor").code == 7
    assert host.run("man", "--path", "ocf_openstack_swift-object", check=False).returncode in (0, 16, 127)
    run(*into, "--erase", "resource-agents-openstack")
    assert not (host.files / "usr/lib/ocf/lib/openstack").exists()
    assert not (host.files / DIRECTORY[1:]).exists()
    host.off()


def test_one_version():
    """
    The library, both packages and the change log speak of the same.
    """
    version = re.search(r'__version__ = "(.+)"', (ROOT / "ocf_lib/__init__.py").read_text())[1]
    assert f"openstack-resource-agents ({version}) " in (ROOT / "packaging/deb/changelog").read_text().splitlines()[0]
    assert re.search(r"^Version: +(.+)$", SPEC.read_text(), re.MULTILINE)[1] == version
    assert f"## [{version}]" in (ROOT / "CHANGELOG.md").read_text()


def test_manual_pages_render(deb, tmp_path):
    """
    Every agent and every old name has one; man finds nothing to warn of, at any width.
    """
    run("dpkg-deb", "--extract", deb, tmp_path)
    pages = sorted((tmp_path / "usr/share/man/man7").iterdir())
    agents = sorted(path.name for path in (ROOT / "agents").iterdir())
    assert {page.name for page in pages} == {"ocf_openstack.7.gz", *(f"ocf_openstack_{name}.7.gz" for name in agents)}
    for page in pages:
        text = gzip.decompress(page.read_bytes())
        for width in ("80", "120"):
            environment = {**os.environ, "MANWIDTH": width, "LC_ALL": "C.UTF-8"}
            done = subprocess.run(
                ["man", "--warnings", "--local-file", "-"],
                input=text,
                capture_output=True,
                env=environment,
                check=False,
            )
            assert (done.returncode, done.stderr) == (0, b""), page.name
            assert b"DESCRIPTION" in done.stdout
