"""Downloads one torrent slowly with libtorrent, and tells each 100 ms how far it is and what its tracker says.

Takes one JSON object as its argument: torrent, folder, bind, port, rate (bytes per second).
"""

import json
import sys
import time

import libtorrent as lt

job = json.loads(sys.argv[1])

session = lt.session(
    {
        "listen_interfaces": "%s:%d" % (job["bind"], job["port"]),
        "enable_dht": False,
        "enable_lsd": False,
        "enable_upnp": False,
        "enable_natpmp": False,
        "download_rate_limit": job["rate"],
        "alert_mask": lt.alert.category_t.tracker_notification | lt.alert.category_t.error_notification,
    }
)
params = lt.add_torrent_params()
params.ti = lt.torrent_info(job["torrent"])
params.save_path = job["folder"]
params.flags &= ~(lt.torrent_flags.paused | lt.torrent_flags.auto_managed)
torrent = session.add_torrent(params)

reason = ""
turn = 0
while True:
    for alert in session.pop_alerts():
        if isinstance(alert, lt.tracker_error_alert):
            reason = alert.error_message() if hasattr(alert, "error_message") else alert.message()
            reason = reason or alert.message()
    # As its user does who presses "update tracker".
    if turn % 5 == 0:
        torrent.force_reannounce(0, -1, lt.reannounce_flags_t.ignore_min_interval)
    turn += 1
    status = torrent.status()
    print(json.dumps({"bytes": status.total_payload_download, "reason": reason}), flush=True)
    time.sleep(0.1)
