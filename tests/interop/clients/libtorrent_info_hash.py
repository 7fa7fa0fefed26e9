"""Prints the v1 info-hash that libtorrent computes; takes one JSON object (see info-hash.ts)."""

import hashlib
import json
import os
import sys
import tempfile

import libtorrent as lt

job = json.loads(sys.argv[1])

with tempfile.TemporaryDirectory() as folder:
    storage = lt.file_storage()
    for file in job["files"]:
        # libtorrent reads the content under the torrent's own names.
        link = os.path.join(folder, file["path"])
        os.makedirs(os.path.dirname(link), exist_ok=True)
        os.symlink(file["filename"], link)
        storage.add_file(file["path"], os.path.getsize(file["filename"]))
    torrent = lt.create_torrent(
        storage, piece_size=job["pieceLength"], flags=lt.create_torrent.v1_only
    )
    torrent.set_priv(job["private"])
    lt.set_piece_hashes(torrent, folder)
    info = torrent.generate()[b"info"]
    if job["source"] is not None:
        info[b"source"] = job["source"].encode()
    print(hashlib.sha1(lt.bencode(info)).hexdigest())
