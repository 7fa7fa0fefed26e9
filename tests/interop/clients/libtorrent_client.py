"""One torrent in one libtorrent session on loopback, as a leecher or a seeder.

Takes one JSON object as its argument (see libtorrent.ts), prints a JSON line whenever the state changes,
and runs until it is terminated.
"""

import json
import signal
import sys
import time

import libtorrent as lt

job = json.loads(sys.argv[1])

ENCRYPTION = {"require": 0, "prefer": 1, "off": 2}  # pe_forced, pe_enabled, pe_disabled
RC4_ONLY, BOTH = 2, 3

session = lt.session(
    {
        "listen_interfaces": ("[%s]:%d" if ":" in job["bind"] else "%s:%d") % (job["bind"], job["port"]),
        "enable_dht": False,
        "enable_lsd": False,
        "enable_upnp": False,
        "enable_natpmp": False,
        "enable_outgoing_utp": job["utp"],
        "enable_incoming_utp": job["utp"],
        "out_enc_policy": ENCRYPTION[job["encryption"]],
        "in_enc_policy": ENCRYPTION[job["encryption"]],
        "allowed_enc_level": RC4_ONLY if job["encryption"] == "require" else BOTH,
        "prefer_rc4": job["encryption"] == "require",
        # All of a test's peers may share an address, and each tracker is to be seen.
        "allow_multiple_connections_per_ip": True,
        "announce_to_all_trackers": True,
        "announce_to_all_tiers": True,
        "min_reconnect_time": 1,
        "ssrf_mitigation": job["ssrfMitigation"],
        "urlseed_wait_retry": 2,
        "alert_mask": lt.alert.category_t.error_notification
        | lt.alert.category_t.tracker_notification
        | lt.alert.category_t.status_notification
        | lt.alert.category_t.connect_notification,
    }
)

if job["torrent"].startswith("magnet:"):
    params = lt.parse_magnet_uri(job["torrent"])
else:
    params = lt.add_torrent_params()
    params.ti = lt.torrent_info(job["torrent"])
params.save_path = job["folder"]
params.flags &= ~(lt.torrent_flags.paused | lt.torrent_flags.auto_managed)
if job["seed"]:
    params.flags |= lt.torrent_flags.seed_mode
torrent = session.add_torrent(params)
for peer in job["peers"]:
    host, _, port = peer.rpartition(":")
    torrent.connect_peer((host.strip("[]"), int(port)))
# The reply is an alert, and so in the output.
torrent.scrape_tracker()


def state():
    status = torrent.status()
    return {
        "complete": bool(status.has_metadata and status.is_seeding),
        "listening": bool(session.is_listening()),
        "detail": "%s %.1f%%, %d peers %s"
        % (status.state, status.progress * 100, status.num_peers, status.errc.message()),
    }


stopped = []
signal.signal(signal.SIGTERM, lambda *_: stopped.append(True))

last = None
while not stopped:
    for alert in session.pop_alerts():
        # Some messages leave out what went wrong.
        error = alert.error.message() if isinstance(alert, lt.scrape_failed_alert) else ""
        print("%s: %s %s" % (type(alert).__name__, alert.message(), error), file=sys.stderr, flush=True)
    now = state()
    if now != last:
        print(json.dumps(now), flush=True)
        last = now
    time.sleep(0.05)

# Its destructor writes what is still queued, and tells the trackers.
del torrent, session
