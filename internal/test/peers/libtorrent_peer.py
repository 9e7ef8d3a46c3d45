"""One libtorrent peer. argv[1] is its configuration as JSON, see the struct libtorrentConfig.

Prints one JSON line of statistics when it is ready, then at every interval and at the moment of completion.
Ends with its standard input or by SIGTERM, after it has written what it holds.
"""
import json, signal, sys, threading, time
import libtorrent as lt

config = json.loads(sys.argv[1])
settings = {
    "listen_interfaces": "0.0.0.0:%d,[::]:%d" % (config["port"], config["port"]),
    "enable_dht": False, "enable_lsd": False, "enable_upnp": False, "enable_natpmp": False,
    "enable_incoming_utp": False, "enable_outgoing_utp": False,
    "in_enc_policy": 1, "out_enc_policy": 1, "allowed_enc_level": 3, "prefer_rc4": False,  # both allowed, plain preferred
    "allow_multiple_connections_per_ip": True, "ssrf_mitigation": False,
    "min_reconnect_time": 1, "max_failcount": 100,
    "upload_rate_limit": config["up"] * 1024, "download_rate_limit": config["down"] * 1024,
    "alert_mask": lt.alert.category_t.status_notification,
}
settings.update(config["settings"] or {})
params = lt.session_params()
params.settings = settings
session = lt.session(params)

# Its rate limits leave private addresses out unless these belong to the global class of peers.
everybody = lt.ip_filter()
everybody.add_rule("0.0.0.0", "255.255.255.255", 1)
everybody.add_rule("::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 1)
session.set_peer_class_filter(everybody)

torrent = lt.parse_magnet_uri(config["magnet"]) if config["magnet"] else lt.add_torrent_params()
if config["torrent"]:
    torrent.ti = lt.torrent_info(config["torrent"])
torrent.save_path = config["dir"]
flags = lt.torrent_flags
torrent.flags &= ~(flags.auto_managed | flags.paused)
torrent.flags |= flags.disable_dht | flags.disable_lsd | flags.disable_pex
if config["trust"]:
    torrent.flags |= flags.seed_mode
handle = session.add_torrent(torrent)


def report():
    s = handle.status()
    print(json.dumps({"Done": s.is_seeding, "Progress": s.progress, "Down": s.total_payload_download,
                      "Up": s.total_payload_upload, "Peers": s.num_peers, "State": str(s.state)}), flush=True)
    return s


def end():
    sys.stdin.read()
    ended.set()


ended = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: ended.set())
threading.Thread(target=end, daemon=True).start()
dialed = 0
report()
while not ended.is_set():
    if session.wait_for_alert(config["interval_ms"]):
        if not any(isinstance(a, lt.torrent_finished_alert) for a in session.pop_alerts()):
            continue
    s = report()
    if s.num_peers == 0 and time.time() - dialed > 2:
        dialed = time.time()
        for host, port in config["peers"] or []:
            handle.connect_peer((host, port))
