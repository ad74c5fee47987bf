"""The fake Hub and Xet: the unmodified client with hf_xet sends and fetches large files, and what is wrong changes nothing."""

from __future__ import annotations

import hashlib
import json
import struct
import urllib.error
import urllib.request

import numpy as np
import pytest
from huggingface_hub import HfApi, hf_hub_download
from hypothesis import given
from hypothesis import strategies as st

from zoo_testing.fake_hub.xet_format import END, GROUPED, LZ4, chunks_of, files_of, text, ungrouped

pytest_plugins = ["zoo_testing.fake_hub.fixture"]
lz4 = pytest.importorskip("lz4.frame")
WEIGHTS = b"".join(  # some that cannot be compressed, some that can, and some whose bytes are alike by place
    [
        np.random.default_rng(0).bytes(300_000),
        bytes(500_000),
        np.random.default_rng(1).normal(size=90_000).astype("f4").tobytes(),
    ]
)


@pytest.fixture
def api(xet_hub):
    xet_hub.add("user/model", {"x": "1"})
    return HfApi(endpoint=xet_hub.endpoint, token=xet_hub.token)


def send(api, data=WEIGHTS):
    return api.upload_file(repo_id="user/model", path_or_fileobj=data, path_in_repo="model.safetensors").oid


def test_what_is_sent_by_xet_comes_back_by_xet(xet_hub, api, tmp_path):
    commit = send(api)
    assert xet_hub.files("user/model") == {"x": b"1", "model.safetensors": WEIGHTS}
    assert xet_hub.asked("POST /v1/xorbs/") and xet_hub.asked("POST /v[12]/shards") and not xet_hub.asked("info/lfs")
    got = hf_hub_download("user/model", "model.safetensors", revision=commit, cache_dir=tmp_path / "cold")
    with open(got, "rb") as file:
        assert file.read() == WEIGHTS
    assert xet_hub.asked("GET /v[12]/reconstructions/") and not xet_hub.asked("GET /storage/[0-9a-f]{64}")
    storage = [request for request in xet_hub.requests if request.path.startswith(("/v1/", "/v2/", "/storage/"))]
    assert all(xet_hub.token not in str(request.headers) for request in storage)  # they are another company's machines


def test_what_came_otherwise_is_fetched_as_plain_files(xet_hub, api, tmp_path):
    xet_hub.add("user/model", {"model.safetensors": WEIGHTS})
    got = hf_hub_download("user/model", "model.safetensors", cache_dir=tmp_path / "cold")
    with open(got, "rb") as file:
        assert file.read() == WEIGHTS
    assert not xet_hub.asked("reconstructions")


@pytest.mark.parametrize("match", ["xet-write-token", "POST /v1/xorbs", "POST /v[12]/shards", "POST .*/commit/"])
def test_a_refusal_changes_nothing_and_the_next_try_completes_it(xet_hub, api, match):
    xet_hub.fail(match, status=400)
    with pytest.raises(Exception, match=r"(?i)400|bad request"):
        send(api)
    assert xet_hub.files("user/model") == {"x": b"1"}
    send(api)
    assert xet_hub.files("user/model")["model.safetensors"] == WEIGHTS


def test_only_who_may_write_gets_a_token_for_it(xet_hub, api):
    xet_hub.tokens["hf_other"] = "other"
    with pytest.raises(Exception, match=r"403|rights"):
        send(HfApi(endpoint=xet_hub.endpoint, token="hf_other"))
    assert xet_hub.files("user/model") == {"x": b"1"} and not xet_hub.asked("POST /v1/xorbs")


def ask(hub, method, path, body=None, token="xet_write", **headers):
    said = {"Authorization": f"Bearer {token}", **headers}
    request = urllib.request.Request(hub.endpoint + path, body, said, method=method)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def xorb_of(*chunks, scheme=LZ4):
    packed = [lz4.compress(chunk) if scheme else chunk for chunk in chunks]
    sizes = [
        (len(small).to_bytes(3, "little"), len(chunk).to_bytes(3, "little"))
        for small, chunk in zip(packed, chunks, strict=True)
    ]
    return b"".join(b"\0" + a + bytes([scheme]) + b + small for (a, b), small in zip(sizes, packed, strict=True))


def shard_of(xorb, data, sha256, chunks):
    name = struct.pack("<4Q", *struct.unpack(">4Q", bytes.fromhex(sha256)))
    header, term = b"f" * 32 + struct.pack("<II8x", 0b11 << 30, 1), xorb + struct.pack("<4I", 0, len(data), 0, chunks)
    return bytes(48) + header + term + bytes(48) + name + bytes(16) + END + bytes(16)


def test_a_file_is_what_its_shard_says_or_refused(xet_hub):
    chunks, xorb = [b"a" * 9000, b"bc" * 5000], bytes(range(32))
    data, body = b"".join(chunks), xorb_of(*chunks)
    right, wrong = hashlib.sha256(data).hexdigest(), hashlib.sha256(b"").hexdigest()
    assert ask(xet_hub, "POST", "/v1/shards", shard_of(xorb, data, right, 2))[0] == 400  # its xorb is not here
    for _ in range(2):
        status, said = ask(xet_hub, "POST", f"/v1/xorbs/default/{text(xorb)}", body)
        assert status == 200
    assert ask(xet_hub, "POST", "/v1/shards", shard_of(xorb, data, wrong, 2))[0] == 400
    assert ask(xet_hub, "POST", "/v1/shards", shard_of(xorb, data, right, 1))[0] == 400  # a chunk too few
    assert ask(xet_hub, "POST", "/v1/shards", shard_of(xorb, data, right, 2), token="xet_read")[0] == 401
    assert not xet_hub.state.objects
    assert ask(xet_hub, "POST", "/v1/shards", shard_of(xorb, data, right, 2)) == (200, b'{"result": 1}')
    assert xet_hub.state.objects == {right: data}
    place = f"/v1/reconstructions/{text(b'f' * 32)}"
    said = json.loads(ask(xet_hub, "GET", place, token="xet_read", Range="bytes=100-200")[1])
    assert said["offset_into_first_range"] == 100 and said["terms"][0]["unpacked_length"] == len(data)
    (piece,) = said["fetch_info"][text(xorb)]
    assert piece["url_range"] == {"start": 0, "end": len(body) - 1} and piece["range"] == {"start": 0, "end": 2}
    assert ask(xet_hub, "GET", place, Range=f"bytes={len(data)}-")[0] == 416
    assert ask(xet_hub, "GET", place.replace("66", "67"))[0] == 404
    assert ask(xet_hub, "GET", f"/storage/xorbs/{text(xorb)}")[0] == 403  # the Hub gives ranges alone


@given(
    st.lists(st.binary(min_size=1, max_size=300), min_size=1, max_size=5),
    st.sampled_from([0, LZ4, GROUPED]),
    st.binary(max_size=9),
)
def test_chunks_come_out_as_they_went_in(chunks, scheme, footer):
    grouped = [b"".join(chunk[place::4] for place in range(4)) if scheme == GROUPED else chunk for chunk in chunks]
    found = chunks_of(xorb_of(*grouped, scheme=scheme) + (b"X" + footer if footer else b""))
    assert [chunk.data for chunk in found] == chunks
    assert [chunk.begin for chunk in found[1:]] == [chunk.end for chunk in found[:-1]]


@given(st.binary(max_size=60))
def test_grouped_bytes_are_put_in_order(data):
    assert ungrouped(b"".join(data[place::4] for place in range(4))) == data


@pytest.mark.parametrize(
    "torn", [xorb_of(b"a" * 99)[:-1], b"\0\5\0\0\7\5\0\0hello", b"\0\5\0\0\1\5\0\0hello", b"\0\5\0\0\0\6\0\0hello"]
)
def test_a_torn_xorb_is_refused(torn):
    with pytest.raises(ValueError):
        chunks_of(torn)


def test_hashes_are_written_as_four_numbers():
    assert text(bytes(range(32))) == "07060504030201000f0e0d0c0b0a090817161514131211101f1e1d1c1b1a1918"


def test_a_torn_shard_is_refused():
    whole = shard_of(bytes(range(32)), b"x", "ab" * 32, 1)
    (file,) = files_of(whole)
    assert (file.sha256, file.terms[0].xorb) == ("ab" * 32, text(bytes(range(32))))
    for end in range(48, len(whole) - 48, 48):
        with pytest.raises(ValueError, match="too soon"):
            list(files_of(whole[:end]))
