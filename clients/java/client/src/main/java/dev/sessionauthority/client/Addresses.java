package dev.sessionauthority.client;

/** Addresses of clients. */
public final class Addresses {
  private Addresses() {}

  /**
   * Returns the address without port, brackets and zone, or an empty string for text that is no address: a header that a
   * client wrote must not be able to make a call fail. Nothing is looked up.
   *
   * @param text the address
   * @return the address in the form that the contract asks for
   */
  public static String canonical(String text) {
    String address = text.strip();
    if (address.startsWith("[")) {
      int end = address.indexOf(']');
      address = end < 0 ? "" : address.substring(1, end);
    } else if (address.indexOf(':') == address.lastIndexOf(':') && address.indexOf(':') > 0) {
      address = address.substring(0, address.indexOf(':'));
    }
    int zone = address.indexOf('%');
    if (zone >= 0) {
      address = address.substring(0, zone);
    }
    return isIpv4(address) || isIpv6(address) ? address : "";
  }

  private static boolean isIpv4(String text) {
    return text.matches("(25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)(\\.(25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)){3}");
  }

  private static boolean isIpv6(String text) {
    if (!text.contains(":") || text.contains(":::") || text.indexOf("::") != text.lastIndexOf("::")) {
      return false;
    }
    int groups = 0;
    String[] parts = text.split(":", -1);
    for (int index = 0; index < parts.length; index++) {
      String part = parts[index];
      boolean isLast = index == parts.length - 1;
      if (isLast && part.contains(".")) {
        if (!isIpv4(part)) {
          return false;
        }
        groups += 2;
      } else if (part.isEmpty()) {
        // Only a double colon may leave a group out.
        boolean isPartOfGap =
            (index == 0 && text.startsWith("::"))
                || (isLast && text.endsWith("::"))
                || (index > 0 && !isLast && text.contains("::"));
        if (!isPartOfGap) {
          return false;
        }
      } else if (part.matches("[0-9a-fA-F]{1,4}")) {
        groups++;
      } else {
        return false;
      }
    }
    return text.contains("::") ? groups < 8 : groups == 8;
  }
}
