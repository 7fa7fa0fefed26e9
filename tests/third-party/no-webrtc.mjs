/** Stands in for `webrtc-polyfill` where only the tracker is spoken to: no peer is ever connected. */

function none() {
  throw new Error('there is no WebRTC in this process');
}

export { none as RTCIceCandidate, none as RTCPeerConnection, none as RTCSessionDescription };
