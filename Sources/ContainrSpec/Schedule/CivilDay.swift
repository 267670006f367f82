// Days of the Gregorian calendar as numbers since 1970-01-01, and back. Pure.

/// A day, wherever it is one.
struct CivilDay: Sendable, Hashable {
  /// Days since 1970-01-01.
  let number: Int64
  let year: Int
  /// 1 to 12.
  let month: Int
  /// From 1.
  let day: Int
  /// 0 is Sunday.
  var weekday: Int { Int(((number % 7) + 11) % 7) }

  /// Of a number: eras of 400 years that begin in March, so that the odd day is the last one of a year.
  init(number: Int64) {
    self.number = number
    let shifted = number + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let ofEra = shifted - era * 146_097
    let yearOfEra = (ofEra - ofEra / 1460 + ofEra / 36_524 - ofEra / 146_096) / 365
    let ofYear = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let fromMarch = (5 * ofYear + 2) / 153
    day = Int(ofYear - (153 * fromMarch + 2) / 5 + 1)
    month = Int(fromMarch < 10 ? fromMarch + 3 : fromMarch - 9)
    year = Int(yearOfEra + era * 400) + (month <= 2 ? 1 : 0)
  }

  /// The number of a date.
  static func number(year: Int, month: Int, day: Int) -> Int64 {
    let year = Int64(month <= 2 ? year - 1 : year)
    let era = (year >= 0 ? year : year - 399) / 400
    let yearOfEra = year - era * 400
    let ofYear = Int64((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1)
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + ofYear - 719_468
  }

  static func isLeap(_ year: Int) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }

  static func days(inMonth month: Int, of year: Int) -> Int {
    month == 2 ? (isLeap(year) ? 29 : 28) : [4, 6, 9, 11].contains(month) ? 30 : 31
  }
}
