// mem_reservation: memory that is left to the container.
import Testing

struct MemReservationTests {
  @Test(
    "every form, and what it stands for",
    arguments: [
      ("67108864", "'67108864'"),
      ("64m", "'67108864'"),
      ("64MB", "'67108864'"),
      ("64mib", "'67108864'"),
      (#""0.5g""#, "'536870912'"),
      (#""65536k""#, "'67108864'"),
      (#""67108864b""#, "'67108864'"),
      ("${SIZE}", "'67108864'"),
    ])
  func forms(text: String, expected: String) {
    #expect(model("mem_reservation", "mem_reservation: \(text)") == expected)
  }

  @Test(
    "what is wrong with it, and where",
    arguments: [
      ("64m\ndeploy: {resources: {reservations: {memory: 65m}}}", "C0222 5:41"),
      ("64x", "C0112 4:22"),
      ("-5m", "C0112 4:22"),
      ("[64m]", "C0101 4:22"),
      ("true", "C0101 4:22"),
      (#""${WORD}""#, "C0112 4:22"),
    ])
  func wrong(text: String, expected: String) {
    #expect(mistakes("mem_reservation: \(text)") == expected)
  }

  @Test(
    "a later file wins",
    arguments: [
      ("64m", "128m", "'134217728'")
    ])
  func merge(base: String, over: String, expected: String) {
    #expect(merged("mem_reservation", "mem_reservation: \(base)", "mem_reservation: \(over)") == expected)
  }

  @Test(
    "it is honoured",
    arguments: [
      ("64m", "")
    ])
  func run(text: String, expected: String) {
    #expect(running("mem_reservation: \(text)") == expected)
  }
}
