// `containr login` and `logout`: who asks a registry, kept where docker and podman keep it.
internal import ArgumentParser
internal import ContainrForeground
internal import ContainrRegistry

struct LoginCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "login", abstract: "Shows a user and a password to a registry, and keeps them if they are accepted.",
    discussion:
      "They are kept in docker's config.json (DOCKER_CONFIG, REGISTRY_AUTH_FILE), or by the credential helper "
      + "that it names.")

  @Option(name: .shortAndLong, help: "The user; asked for on a terminal.") var username: String?
  @Flag(help: "The password is on standard input; without it, it is asked for on a terminal.") var passwordStdin = false
  @Flag(help: "The registry may speak plain HTTP, or have a certificate that nobody vouches for.") var insecure = false
  @Argument(help: "HOST[:PORT]; Docker Hub if left out.") var registry: String?

  func run() throws {
    let context = try CommandContext()
    let name = try RegistryArgument.name(registry)
    let access = try RegistryAccess(context.surroundings, insecure: insecure ? [name] : [])
    let credentials = try asked()
    let client = RegistryClient(access.settings, credentials: CredentialStore(only: [:]))
    // Before anything is written.
    let answer = try context.transferring { try client.tryLogin(credentials, to: name) }
    if answer.asksNobody { context.warn("\(name) answers without a login") }
    let stored = try context.transferring { try access.credentials.store(answer.credentials, for: name) }
    if let helper = stored.helper {
      context.output.write("logged in to \(name) as \(credentials.user); docker-credential-\(helper) keeps it\n")
      return
    }
    context.output.write("logged in to \(name) as \(credentials.user)\n")
    let what = answer.credentials.identityToken == nil ? "password" : "identity token"
    context.warn(
      "the \(what) stands unencrypted in \(stored.file); a credential helper (credsStore there) keeps it better")
  }

  private func asked() throws -> Credentials {
    if passwordStdin {
      guard let username else {
        throw CommandExit(
          .failure, "--password-stdin needs --username", help: "containr login -u USER --password-stdin")
      }
      var text = String(decoding: try TextFile.standardInput(), as: UTF8.self)
      // "\r\n" is one Character.
      if let last = text.last, last.isNewline { text.removeLast() }
      if text.isEmpty { throw CommandExit(.failure, "there is no password on standard input") }
      return Credentials(user: username, password: text)
    }
    guard Prompt.isPossible else {
      throw CommandExit(
        .failure, "there is no terminal to ask for the password on",
        help: "containr login -u USER --password-stdin <FILE")
    }
    let user = username ?? Prompt.line("Username: ")
    guard let user, !user.isEmpty, let password = PasswordPrompt.ask("Password: "), !password.isEmpty else {
      throw CommandExit(.failure, "without a user and a password there is no login")
    }
    return Credentials(user: user, password: password)
  }
}

struct LogoutCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "logout", abstract: "Forgets the user and password of a registry.")

  @Argument(help: "HOST[:PORT]; Docker Hub if left out.") var registry: String?

  func run() throws {
    let context = try CommandContext()
    let name = try RegistryArgument.name(registry)
    let store = CredentialStore(CredentialPlaces(environment: context.surroundings.environment))
    let isErased = try context.transferring { try store.erase(name) }
    context.output.write(isErased ? "logged out of \(name)\n" : "there is no login for \(name)\n")
  }
}

/// A registry's name as somebody typed it.
enum RegistryArgument {
  static func name(_ text: String?) throws -> String {
    let name = RegistryName.normalised(text ?? "docker.io")
    guard RegistryName.isValid(name) else {
      throw CommandExit(.failure, "'\(text ?? "")' is no registry: HOST or HOST:PORT, without https:// and path")
    }
    return name
  }
}
