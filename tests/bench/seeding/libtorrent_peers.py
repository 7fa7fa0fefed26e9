"""libtorrent for the benchmark: one seeder, or any number of leechers in sessions of their own.

Takes one JSON object as its argument (see leechers.ts and subjects.ts). A seeder prints a line when it
listens, and runs until it is ended. Leechers run until all are complete; then one JSON line says for each
how many seconds passed between its first byte of payload and its last piece.
"""

import json
import sys
import time

import libtorrent as lt

job = json.loads(sys.argv[1])
POLL = 0.002


def start(bind, folder):
    # Everything else is as libtorrent has it.
    settings = {
        "listen_interfaces": "%s:%d" % (bind, job["port"]),
        "enable_dht": False,
        "enable_lsd": False,
        "enable_upnp": False,
        "enable_natpmp": False,
        "enable_outgoing_utp": False,
        "enable_incoming_utp": False,
        "allow_multiple_connections_per_ip": True,
    }
    if job["encrypted"]:
        settings.update(out_enc_policy=0, in_enc_policy=0, allowed_enc_level=2, prefer_rc4=True)
    session = lt.session(settings)
    params = lt.add_torrent_params()
    params.ti = lt.torrent_info(job["torrent"])
    params.save_path = folder
    params.flags &= ~(lt.torrent_flags.paused | lt.torrent_flags.auto_managed)
    if job["seed"]:
        params.flags |= lt.torrent_flags.seed_mode
    return session, session.add_torrent(params)


def seed():
    session, _ = start(job["bind"], job["folder"])
    while not session.is_listening():
        time.sleep(POLL)
    print(json.dumps({"peer": job["port"]}), flush=True)
    while True:
        session.pop_alerts()
        time.sleep(1)


def leech():
    peers = [start(bind, folder) for bind, folder in zip(job["binds"], job["folders"])]
    began = [None] * len(peers)
    ended = [None] * len(peers)
    while None in ended:
        for n, (_, torrent) in enumerate(peers):
            if ended[n] is not None:
                continue
            status = torrent.status(0)
            now = time.monotonic()
            if began[n] is None and status.total_payload_download > 0:
                began[n] = now
            if status.is_seeding:
                ended[n] = now
        time.sleep(POLL)
    print(json.dumps([end - begin for begin, end in zip(began, ended)]), flush=True)


if job["seed"]:
    seed()
else:
    leech()
