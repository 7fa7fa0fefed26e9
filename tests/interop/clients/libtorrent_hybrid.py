"""Makes a hybrid torrent (BEP 52) of a folder; takes one JSON object (see hybrid.ts), prints another."""

import hashlib
import json
import os
import sys

import libtorrent as lt

job = json.loads(sys.argv[1])

storage = lt.file_storage()
lt.add_files(storage, job["folder"])
torrent = lt.create_torrent(storage, piece_size=job["pieceLength"])
lt.set_piece_hashes(torrent, os.path.dirname(job["folder"]))
made = torrent.generate()
with open(job["torrent"], "wb") as out:
    out.write(lt.bencode(made))
info = lt.bencode(made[b"info"])
print(
    json.dumps(
        {
            "v1": hashlib.sha1(info).hexdigest(),
            "v2": hashlib.sha256(info).hexdigest(),
            "info": info.hex(),
            "files": [
                {
                    "path": b"/".join(entry[b"path"]).decode(),
                    "size": entry[b"length"],
                    "padding": b"p" in entry.get(b"attr", b""),
                }
                for entry in made[b"info"][b"files"]
            ],
        }
    )
)
