// Requests and answers of tc(8) over rtnetlink: a token bucket with a fair queue below it, and the way of what comes in
// through such a bucket. Pure, tested byte by byte; numbers are those of linux/pkt_sched.h, pkt_cls.h and tc_act/.

/// Queueing disciplines and filters of links.
enum TrafficControl {
  static let newQueue: UInt16 = 36, deleteQueue: UInt16 = 37, getQueue: UInt16 = 38
  static let newFilter: UInt16 = 44, getFilter: UInt16 = 46
  /// TC_H_ROOT, TC_H_INGRESS.
  static let root: UInt32 = 0xFFFF_FFFF, ingress: UInt32 = 0xFFFF_FFF1
  private static let bucket: UInt32 = 0x0001_0000, incoming: UInt32 = 0xFFFF_0000

  /// struct tcmsg.
  private static func head(
    _ payload: inout NetlinkPayload, index: Int, handle: UInt32 = 0, parent: UInt32 = 0, info: UInt32 = 0
  ) {
    payload.append(UInt32(0))  // AF_UNSPEC and padding
    payload.append(Int32(index))
    payload.append(handle)
    payload.append(parent)
    payload.append(info)
  }

  /// A bucket as the root of a link, or its new rate; its queue stays.
  static func setBucket(_ limit: RateLimit, mtu: Int, index: Int, name: String) -> NetlinkRequest {
    NetlinkRequest(
      "limit \(name) to \(limit.rate) bytes a second (tbf)", type: newQueue,
      flags: RTNetlink.create | RTNetlink.replace
    ) { payload in
      head(&payload, index: index, handle: bucket, parent: root)
      payload.attribute(1, "tbf")
      payload.nested(2) { options in
        var parameters = NetlinkPayload()
        // struct tc_ratespec twice, the second one empty; 1: the rate is that of Ethernet frames, no table is given.
        for byte: UInt8 in [0, 1] { parameters.append(byte) }
        for _ in 0..<3 { parameters.append(UInt16(0)) }
        parameters.append(UInt32(clamping: limit.rate))
        for _ in 0..<3 { parameters.append(UInt32(0)) }
        parameters.append(limit.queueBytes(mtu: mtu))
        parameters.append(UInt32(0))
        parameters.append(UInt32(0))
        options.attribute(1, bytes: parameters.bytes)
        if limit.rate > UInt64(UInt32.max) { options.attribute(4, limit.rate) }  // TCA_TBF_RATE64
        options.attribute(6, limit.bucket(mtu: mtu))  // TCA_TBF_BURST
      }
    }
  }

  /// A fair queue below the bucket: one flow does not make the others wait.
  static func setFairQueue(_ limit: RateLimit, mtu: Int, index: Int, name: String) -> NetlinkRequest {
    NetlinkRequest(
      "queue flows of \(name) fairly (fq_codel)", type: newQueue, flags: RTNetlink.create | RTNetlink.replace
    ) { payload in
      head(&payload, index: index, handle: 0x0002_0000, parent: bucket | 1)
      payload.attribute(1, "fq_codel")
      payload.nested(2) { options in
        let delay = limit.queueDelay(mtu: mtu)
        options.attribute(1, delay)  // TCA_FQ_CODEL_TARGET
        options.attribute(2, limit.queuePackets(mtu: mtu))  // TCA_FQ_CODEL_LIMIT
        options.attribute(3, max(100_000, delay * 2))  // TCA_FQ_CODEL_INTERVAL
      }
    }
  }

  static func deleteRoot(index: Int, name: String) -> NetlinkRequest {
    NetlinkRequest("take the limit off \(name)", type: deleteQueue) { head(&$0, index: index, parent: root) }
  }

  static func deleteIngress(index: Int, name: String) -> NetlinkRequest {
    NetlinkRequest("take the redirection off \(name)", type: deleteQueue) {
      head(&$0, index: index, handle: incoming, parent: ingress)
    }
  }

  static func addIngress(index: Int, name: String) -> NetlinkRequest {
    NetlinkRequest(
      "look at what comes in by \(name) (ingress)", type: newQueue, flags: RTNetlink.create | RTNetlink.exclusive
    ) { payload in
      head(&payload, index: index, handle: incoming, parent: ingress)
      payload.attribute(1, "ingress")
    }
  }

  /// Everything that comes in by a link goes out by another one (u32, mirred).
  static func redirect(index: Int, to target: Int, name: String) -> NetlinkRequest {
    NetlinkRequest(
      "redirect what comes in by \(name) (u32, mirred)", type: newFilter, flags: RTNetlink.create | RTNetlink.exclusive
    ) { payload in
      head(&payload, index: index, parent: incoming, info: 1 << 16 | UInt32(UInt16(3).bigEndian))  // all protocols
      payload.attribute(1, "u32")
      payload.nested(2) { options in
        // struct tc_u32_sel, then one struct tc_u32_key that matches everything.
        options.attribute(5, bytes: [1, 0, 1] + [UInt8](repeating: 0, count: 13 + 16))
        options.nested(7) { actions in
          actions.nested(1) { action in
            action.attribute(1, "mirred")
            action.nested(2) { parameters in
              var mirred = NetlinkPayload()
              // index, capabilities, action TC_ACT_STOLEN, two counts, TCA_EGRESS_REDIR, the link
              for value: Int32 in [0, 0, 4, 0, 0, 1, Int32(target)] { mirred.append(value) }
              parameters.attribute(2, bytes: mirred.bytes)
            }
          }
        }
      }
    }
  }

  static var allQueues: NetlinkRequest { NetlinkRequest("list the queues", type: getQueue) { head(&$0, index: 0) } }

  static func filters(index: Int) -> NetlinkRequest {
    NetlinkRequest("list the filters of link \(index)", type: getFilter) {
      head(&$0, index: index, parent: incoming)
    }
  }

  /// A queue and the index of its link; nil for what is none.
  static func queue(_ message: NetlinkMessage) -> (index: Int, queue: LinkQueues.Queue)? {
    let body = message.body
    guard message.type == newQueue, let index = body.integer(Int32.self, at: 4),
      let handle = body.integer(UInt32.self, at: 8), let parent = body.integer(UInt32.self, at: 12),
      let attributes = body.attributes(from: 20), let kind = attributes[1]?.text
    else { return nil }
    var queue = LinkQueues.Queue(kind: kind, handle: handle, parent: parent)
    if kind == "tbf", let options = attributes[2]?.attributes(), let parameters = options[1] {
      queue.rate = options[4]?.integer(at: 0) ?? parameters.integer(UInt32.self, at: 8).map { UInt64($0) }
      queue.bucket = parameters.integer(at: 28)
    }
    return (Int(index), queue)
  }

  /// Where a list of filters sends everything; nil: they do something else.
  static func redirection(_ messages: [NetlinkMessage]) -> Int? {
    var target: Int?
    for message in messages where message.type == newFilter {
      guard let attributes = message.body.attributes(from: 20), attributes[1]?.text == "u32" else { return nil }
      // Tables of filters are listed as well.
      guard let options = attributes[2]?.attributes(), let selector = options[5] else { continue }
      guard target == nil, selector.integer(UInt8.self, at: 2) == 1, selector.integer(UInt32.self, at: 16) == 0,
        let action = options[7]?.attributes()?[1]?.attributes(), action[1]?.text == "mirred",
        let mirred = action[2]?.attributes()?[2], mirred.integer(Int32.self, at: 20) == 1,
        let index = mirred.integer(Int32.self, at: 24)
      else { return nil }
      target = Int(index)
    }
    return target
  }
}
