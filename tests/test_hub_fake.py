"""The fake Hub against the unmodified client: what it is given it keeps, and it fails as the Hub fails."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest
from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi, hf_hub_download, snapshot_download
from huggingface_hub.errors import (
    BadRequestError,
    GatedRepoError,
    HfHubHTTPError,
    RemoteEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.utils import get_session

pytest_plugins = ["zoo_testing.fake_hub.fixture"]
WEIGHTS = bytes(range(256)) * 4000
CARD = "---\nlicense: mit\ntags:\n- zoo\n---\n# A model\n"


@pytest.fixture
def api(fake_hub):
    return HfApi(endpoint=fake_hub.endpoint, token=fake_hub.token)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "model/pictures").mkdir(parents=True)
    (tmp_path / "model/config.json").write_text('{"format": 1}')
    (tmp_path / "model/README.md").write_text(CARD)
    (tmp_path / "model/model.safetensors").write_bytes(WEIGHTS)
    (tmp_path / "model/pictures/empty.txt").write_bytes(b"")
    return tmp_path / "model"


def test_what_is_uploaded_is_downloaded(fake_hub, api, folder, tmp_path):
    assert api.whoami()["name"] == "user"
    api.create_repo("user/model")
    done = api.upload_folder(repo_id="user/model", folder_path=folder, commit_message="All of it")
    assert fake_hub.files("user/model") == {
        str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }
    got = Path(snapshot_download("user/model", cache_dir=tmp_path / "cache", endpoint=fake_hub.endpoint))
    assert got.name == done.oid == api.model_info("user/model").sha
    assert (got / "model.safetensors").read_bytes() == WEIGHTS and (got / "README.md").read_text() == CARD
    before = len(fake_hub.asked("GET .*(resolve|storage)"))
    snapshot_download("user/model", cache_dir=tmp_path / "cache", endpoint=fake_hub.endpoint)
    assert len(fake_hub.asked("GET .*(resolve|storage)")) == before > 0  # warm: nothing is fetched twice
    again = api.upload_folder(repo_id="user/model", folder_path=folder)
    assert again.oid == done.oid  # the client sees that nothing has changed


def test_what_is_said_of_a_repository(fake_hub, api):
    fake_hub.add("user/model", {"a/b/c.txt": "c", "a/d.txt": "dd", "w.safetensors": WEIGHTS, "README.md": CARD})
    info = api.model_info("user/model", files_metadata=True)
    sizes = {item.rfilename: item.size for item in info.siblings}
    assert sizes == {"README.md": len(CARD), "a/b/c.txt": 1, "a/d.txt": 2, "w.safetensors": len(WEIGHTS)}
    large = next(item for item in info.siblings if item.lfs)
    assert large.lfs.sha256 == hashlib.sha256(WEIGHTS).hexdigest() and info.tags == ["zoo"] and not info.private
    # The git hash of a blob, as `git hash-object` prints it for a file holding "dd".
    assert (
        next(item for item in info.siblings if item.rfilename == "a/d.txt").blob_id == hashlib.sha1(b"blob 2\0dd").hexdigest()
    )
    assert [item.path for item in api.list_repo_tree("user/model")] == ["README.md", "a", "w.safetensors"]
    assert [item.path for item in api.list_repo_tree("user/model", "a")] == ["a/b", "a/d.txt"]
    deep = {item.path for item in api.list_repo_tree("user/model", recursive=True)}
    assert deep == {"README.md", "a", "a/b", "a/b/c.txt", "a/d.txt", "w.safetensors"}
    assert [item.path for item in api.get_paths_info("user/model", ["a/d.txt", "none"])] == ["a/d.txt"]
    assert api.file_exists("user/model", "a/d.txt") and not api.file_exists("user/model", "a/e.txt")
    assert api.repo_exists("user/model") and not api.repo_exists("user/other")


def test_branches_tags_and_commits(fake_hub, api):
    first = fake_hub.add("user/model", {"x": "1"})
    api.create_tag("user/model", tag="v1")
    api.create_branch("user/model", branch="side/way")
    second = api.create_commit("user/model", [CommitOperationAdd("x", b"2"), CommitOperationAdd("y", b"3")], commit_message="m")
    assert fake_hub.files("user/model", "v1") == fake_hub.files("user/model", "side/way") == {"x": b"1"}
    assert api.model_info("user/model", revision=first[:8]).sha == api.model_info("user/model", revision="v1").sha == first
    refs = api.list_repo_refs("user/model")
    assert {ref.name: ref.target_commit for ref in refs.branches} == {"main": second.oid, "side/way": first}
    assert [commit.title for commit in api.list_repo_commits("user/model")] == ["m", "added by a test", "initial commit"]
    with pytest.raises(HfHubHTTPError, match="412"):
        api.create_commit("user/model", [CommitOperationAdd("x", b"9")], commit_message="late", parent_commit=first)
    pull = api.create_commit("user/model", [CommitOperationDelete("x")], commit_message="gone", create_pr=True)
    assert pull.pr_num == 1 and fake_hub.files("user/model", "refs/pr/1") == {"y": b"3"}
    assert fake_hub.files("user/model") == {"x": b"2", "y": b"3"}
    api.delete_tag("user/model", tag="v1")
    with pytest.raises(RevisionNotFoundError):
        api.model_info("user/model", revision="v1")


def test_who_may_do_what(fake_hub, api, tmp_path):
    fake_hub.add("user/secret", {"x": "1"}, private=True)
    fake_hub.add("user/asked", {"x": "1"}, gated=True)
    fake_hub.tokens["hf_other"] = "other"
    nobody, other = HfApi(fake_hub.endpoint, token=False), HfApi(fake_hub.endpoint, token="hf_other")
    assert api.model_info("user/secret").private
    for stranger in (nobody, other):
        with pytest.raises(RepositoryNotFoundError):
            stranger.model_info("user/secret")
        with pytest.raises(GatedRepoError):
            stranger.hf_hub_download("user/asked", "x", cache_dir=tmp_path)
    with pytest.raises(HfHubHTTPError, match="403"):
        other.create_repo("user/new")
    with pytest.raises(HfHubHTTPError, match="Invalid user token"):
        HfApi(fake_hub.endpoint, token="hf_wrong").whoami()
    with pytest.raises(HfHubHTTPError, match="409"):
        api.create_repo("user/secret")
    api.create_repo("user/secret", exist_ok=True)
    with pytest.raises(BadRequestError):  # a card that the Hub would refuse
        nobody_checked = [CommitOperationAdd("README.md", b"---\ntags: 3\n---\n")]
        fake_hub.fail("validate-yaml", status=200)
        api.create_commit("user/asked", nobody_checked, commit_message="m")
    assert fake_hub.files("user/asked") == {"x": b"1"}


def test_the_token_does_not_go_to_the_storage(fake_hub, api, tmp_path):
    fake_hub.add("user/model", {"model.safetensors": WEIGHTS}, private=True)
    path = api.hf_hub_download("user/model", "model.safetensors", cache_dir=tmp_path)
    assert Path(path).read_bytes() == WEIGHTS
    assert all("authorization" in request.headers for request in fake_hub.asked("resolve"))
    assert fake_hub.asked("storage") and not any("authorization" in request.headers for request in fake_hub.asked("storage"))


def test_broken_connections(fake_hub, api, tmp_path):
    fake_hub.add("user/model", {"model.safetensors": WEIGHTS, "x": "1"})
    fake_hub.cut("GET /storage", after=100_000)
    assert Path(hf_hub_download("user/model", "model.safetensors", cache_dir=tmp_path)).read_bytes() == WEIGHTS
    assert len(fake_hub.asked("GET /storage")) == 2
    fake_hub.fail("/api/models", status=503)
    with pytest.raises(HfHubHTTPError, match="503"):
        api.model_info("user/model")
    fake_hub.cut("HEAD .*/resolve", after=-1, times=-1)
    with pytest.raises(Exception, match="disconnected"):  # of the HTTP library that the client uses
        hf_hub_download("user/model", "x", cache_dir=tmp_path)


def test_a_client_that_does_not_wait_is_no_error_of_the_server(fake_hub, api, capfd):
    fake_hub.add("user/model", {f"{i}.txt": "x" * 100 for i in range(1000)})  # an answer that no buffer holds
    fake_hub.slow("/api/models", 0.3)
    with pytest.raises(Exception, match="timed out"):
        api.model_info("user/model", timeout=0.05)
    fake_hub.fail("/api/models", status=418)  # answered after the one before: the lock is one
    with pytest.raises(HfHubHTTPError, match="418"):
        api.model_info("user/model")
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.parametrize(
    ("asked", "start", "end"), [("0-0", 0, 1), ("5-", 5, None), ("-7", -7, None), ("10-19", 10, 20), ("9-99999999", 9, None)]
)
def test_ranges(fake_hub, asked, start, end):
    fake_hub.add("user/model", {"model.safetensors": WEIGHTS})
    url = f"{fake_hub.endpoint}/user/model/resolve/main/model.safetensors"
    answer = get_session().get(url, headers={"Range": f"bytes={asked}"}, follow_redirects=True)
    assert answer.status_code == 206 and answer.content == WEIGHTS[start:end]


def test_what_is_missing(fake_hub, tmp_path):
    fake_hub.add("user/model", {"x": "1"})
    for arguments, error in (
        (("user/none", "x"), RepositoryNotFoundError),
        (("user/model", "none"), RemoteEntryNotFoundError),
        (("user/model", "x", "none"), RevisionNotFoundError),
    ):
        id, file, revision = (*arguments, None)[:3]
        with pytest.raises(error):
            hf_hub_download(id, file, revision=revision, cache_dir=tmp_path)


def parts(fake_hub):
    """The numbers of the parts that were sent, in order."""
    return [request.path.rpartition("/")[2] for request in fake_hub.asked("PUT /storage/[0-9a-f]*-")]


def test_large_files_are_sent_in_parts(fake_hub, api, folder, tmp_path):
    fake_hub.state.part_size = 300_000  # of 1,024,000 bytes: four parts
    api.create_repo("user/model")
    api.upload_folder(repo_id="user/model", folder_path=folder)
    assert parts(fake_hub) == ["1", "2", "3", "4"] and len(fake_hub.asked("POST /api/complete_multipart")) == 1
    assert fake_hub.files("user/model")["model.safetensors"] == WEIGHTS
    got = hf_hub_download("user/model", "model.safetensors", cache_dir=tmp_path / "cache", endpoint=fake_hub.endpoint)
    assert Path(got).read_bytes() == WEIGHTS
    api.upload_file(repo_id="user/model", path_or_fileobj=WEIGHTS[:300_000], path_in_repo="small.bin")
    assert len(parts(fake_hub)) == 4  # as large as a part: in one piece
    assert all("authorization" not in request.headers for request in fake_hub.asked("PUT /storage"))


@pytest.mark.parametrize("broken", ["PUT /storage/.*/3", "POST /api/complete_multipart", "POST .*/objects/verify"])
def test_an_upload_in_parts_that_breaks_off_is_completed_by_the_next(fake_hub, api, folder, monkeypatch, broken):
    monkeypatch.setattr("huggingface_hub.utils._http.time.sleep", lambda seconds: None)
    fake_hub.state.part_size = 300_000
    before = fake_hub.add("user/model", {"x": "1"})
    fake_hub.cut(broken, after=-1, times=-1)
    with pytest.raises(RuntimeError, match=r"Error while uploading 'model\.safetensors'"):
        api.upload_folder(repo_id="user/model", folder_path=folder)
    assert fake_hub.files("user/model") == {"x": b"1"} and fake_hub.repositories["user/model"].branches["main"] == before
    fake_hub.faults.clear()
    api.upload_folder(repo_id="user/model", folder_path=folder)
    assert fake_hub.files("user/model")["model.safetensors"] == WEIGHTS and fake_hub.files("user/model")["x"] == b"1"


def test_parts_that_are_not_what_was_sent_are_refused(fake_hub):
    fake_hub.state.part_size = 10
    fake_hub.add("user/model", {"x": "1"})
    data = b"0123456789abcde"
    oid = hashlib.sha256(data).hexdigest()
    token = {"Authorization": f"Bearer {fake_hub.token}"}
    asked = {"operation": "upload", "transfers": ["multipart"], "objects": [{"oid": oid, "size": len(data)}]}
    answer = get_session().post(f"{fake_hub.endpoint}/user/model.git/info/lfs/objects/batch", json=asked, headers=token).json()
    upload = answer["objects"][0]["actions"]["upload"]
    assert answer["transfer"] == "multipart" and upload["header"].keys() == {"chunk_size", "1", "2"}
    tags = [
        get_session().put(upload["header"][n], content=part).headers["etag"] for n, part in (("1", data[:10]), ("2", b"wrong"))
    ]

    def complete(*etags):
        said = {"oid": oid, "parts": [{"partNumber": n, "etag": etag} for n, etag in enumerate(etags, 1)]}
        return get_session().post(upload["href"], json=said).status_code

    assert complete(*tags) == 400  # all there, and not what was announced
    tags[1] = get_session().put(upload["header"]["2"], content=data[10:]).headers["etag"]
    assert complete() == complete(tags[0]) == complete(tags[0], '"else"') == complete(*tags, tags[1]) == 400
    assert oid not in fake_hub.state.objects
    assert complete(*tags) == 200 and fake_hub.state.objects[oid] == data
    assert get_session().put(upload["header"]["1"].replace(oid, "0" * 64), content=b"x").status_code == 404


SEND = """
import sys
from huggingface_hub import HfApi, hf_hub_download
print(HfApi().upload_file(repo_id="user/model", path_or_fileobj=sys.argv[1], path_in_repo="model.safetensors").oid)
print(hf_hub_download("user/model", "model.safetensors"))
"""


def test_what_xet_has_to_do_with_it(fake_hub, folder, tmp_path):
    """Without xet=True uploads by Xet fail at once, changing nothing; downloads and clients without Xet need no setting."""
    pytest.importorskip("hf_xet")
    fake_hub.add("user/model", {"x": "1"})
    command = [sys.executable, "-c", SEND, str(folder / "model.safetensors")]
    environment = {**os.environ, **fake_hub.environment(tmp_path / "home", token=fake_hub.token)}
    speaks = {name: value for name, value in environment.items() if name != "HF_HUB_DISABLE_XET"}
    failed = subprocess.run(command, env=speaks, capture_output=True, text=True)
    assert failed.returncode == 1 and "xet-write-token" in failed.stderr and fake_hub.files("user/model") == {"x": b"1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split()[0] == fake_hub.repositories["user/model"].branches["main"]
    again = [sys.executable, "-c", "\n".join(SEND.splitlines()[:3] + SEND.splitlines()[4:]), "x"]
    cold = {**speaks, **{name: value for name, value in fake_hub.environment(tmp_path / "cold").items() if "XET" not in name}}
    got = subprocess.run(again, env=cold, capture_output=True, text=True, check=True)
    assert Path(got.stdout.strip()).read_bytes() == WEIGHTS
