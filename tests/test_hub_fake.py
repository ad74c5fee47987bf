"""The fake Hub against the unmodified client: what it is given it keeps, and it fails as the Hub fails."""

from __future__ import annotations

import hashlib
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

pytest_plugins = ["zoo_core.testing.fake_hub.fixture"]
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
