// The messages that people meet most, as they are printed. Compared with what other tools say about the same files.
import Testing

@testable import ContainrSpec

struct GoldenMessageTests {
  @Test("a typing mistake in a key")
  func unknownKey() {
    expect(
      "services:\n  web:\n    layers: [./a]\n    enviroment: {A: b}\n    command: [c]\n",
      """
      error[C0102]: unknown key 'enviroment'
       --> stack.yaml:4:5
        |
      4 |     enviroment: {A: b}
        |     ^^^^^^^^^^ not a service attribute
        = help: did you mean 'environment'?

      1 error

      """)
  }

  @Test("a dependency cycle and an undefined service")
  func dependencies() {
    expect(
      """
      services:
        a: {layers: [x], command: [c], depends_on: [b]}
        b: {layers: [x], command: [c], depends_on: [a, databse]}
        database: {layers: [x], command: [c]}
      """,
      """
      error[C0202]: services wait for each other: a → b → a
       --> stack.yaml:2:47
        |
      2 |   a: {layers: [x], command: [c], depends_on: [b]}
        |                                               ^ 'a' waits for 'b'
      3 |   b: {layers: [x], command: [c], depends_on: [a, databse]}
        |                                               - 'b' waits for 'a'
        = help: remove one of these entries of 'depends_on'

      error[C0201]: the service 'databse' is not defined
       --> stack.yaml:3:50
        |
      3 |   b: {layers: [x], command: [c], depends_on: [a, databse]}
        |                                                  ^^^^^^^ 'b' depends on it
        = help: did you mean 'database'?

      2 errors

      """)
  }

  @Test("an unknown condition, a volume that is not declared, a duplicate key")
  func references() {
    expect(
      """
      services:
        db:
          layers: [x]
          command: [c]
          volumes: ["data:/var/lib/db"]
          depends_on: {db2: {condition: service_ready}}
          user: a
          user: b
        db2: {layers: [x], command: [c]}
      """,
      """
      error[C0210]: the volume 'data' is not declared
       --> stack.yaml:5:15
        |
      5 |     volumes: ["data:/var/lib/db"]
        |               ^^^^^^^^^^^^^^^^^^ used here
        = help: add at the left margin:
                volumes:
                  data:
                or write ./data for a directory

      error[C0203]: unknown condition 'service_ready'
       --> stack.yaml:6:35
        |
      6 |     depends_on: {db2: {condition: service_ready}}
        |                                   ^^^^^^^^^^^^^
        = help: one of service_started, service_healthy, service_completed_successfully

      error[C0103]: duplicate key 'user'
       --> stack.yaml:8:5
        |
      7 |     user: a
        |     ---- first defined here
      8 |     user: b
        |     ^^^^ defined again here

      3 errors

      """)
  }

  @Test("a file of the first Compose format, without services")
  func versionOne() {
    expect(
      "db:\n  image: postgres\n",
      """
      error[C0105]: 'db' looks like a service, but stands at the top level
       --> stack.yaml:1:1
        |
      1 | db:
        | ^^ not a top-level key
        = help: indent it under 'services:'

      1 error

      """)
  }

  @Test("a password with a dollar sign")
  func dollar() {
    expect(
      "services:\n  web: {layers: [x], command: [c], environment: {PASS: \"a$vmxm4\"}}\n",
      """
      warning[C0301]: the variable 'vmxm4' is not set
       --> stack.yaml:2:58
        |
      2 |   web: {layers: [x], command: [c], environment: {PASS: "a$vmxm4"}}
        |                                                          ^^^^^^ read as empty text
        = help: set it, give it a default with ${vmxm4:-default}, or write $$ for a plain dollar sign

      1 warning

      """)
  }

  @Test("a value behind a colon that cannot be there")
  func colon() {
    expect(
      "services:\n  web: a: b\n",
      """
      error[C0001]: a ':' stands where no value can follow
       --> stack.yaml:2:9
        |
      2 |   web: a: b
        |         ^ unexpected ':'
        = help: quote the text if the ':' belongs to it; otherwise check the indentation of this line and the one before

      1 error

      """)
  }

  @Test("limits that disagree, and a key that cannot be honoured")
  func limits() {
    expect(
      """
      services:
        web:
          image: nginx:1.27
          mem_limit: 64m
          deploy: {resources: {limits: {memory: 128m}}}
          runtime: runsc
      """,
      """
      error[C0222]: 'deploy.resources.limits.memory' and 'mem_limit' disagree
       --> stack.yaml:5:35
        |
      4 |     mem_limit: 64m
        |     --------- 67108864 here
      5 |     deploy: {resources: {limits: {memory: 128m}}}
        |                                   ^^^^^^ 134217728 here
        = help: remove one of them

      error[C0401]: 'runtime' cannot be honoured by this version
       --> stack.yaml:6:5
        |
      6 |     runtime: runsc
        |     ^^^^^^^ Containr is the runtime, and starts no other one
        = help: remove it

      2 errors

      """)
  }

  private func expect(_ yaml: String, _ expected: String, _ location: Testing.SourceLocation = #_sourceLocation) {
    let text = load(yaml).text
    #expect(text == expected, "\(text)", sourceLocation: location)
  }
}
