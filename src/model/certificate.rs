//! Why a TLS connection did not come about, told from the TLS library's words: its errors arrive as text only, inside
//! errors of the HTTP client. Both who asks the API and who asks a server of documents say it in words of their own.

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TlsTrouble {
    /// Nobody that is trusted here signed the certificate, or something else about it does not hold.
    Untrusted,
    /// It is for other names.
    OtherName {
        /// These; empty when the library did not say.
        valid_for: String,
    },
    /// Its time is over.
    Expired,
    /// Its time has not come.
    NotYetValid,
    /// What answered speaks no TLS.
    NoTls,
}

impl TlsTrouble {
    /// Reads the words of an error; `None` when they do not speak of this.
    #[must_use]
    pub fn of_words(words: &str) -> Option<Self> {
        if words.contains("InvalidContentType") {
            return Some(Self::NoTls);
        }
        let (_, about) = words.split_once("invalid peer certificate")?;
        let is_any = |parts: [&str; 2]| parts.iter().any(|part| about.contains(part));
        Some(if is_any(["not valid for name", "NotValidForName"]) {
            let valid_for = about.split_once("only valid for ").map(|(_, names)| plain_names(names));
            Self::OtherName { valid_for: valid_for.unwrap_or_default() }
        } else if is_any(["certificate expired", "Expired"]) {
            Self::Expired
        } else if is_any(["certificate not valid yet", "NotValidYet"]) {
            Self::NotYetValid
        } else {
            Self::Untrusted
        })
    }

    /// What is wrong with the certificate of `whose` when it is asked as `host`; what to do is the caller's to say.
    /// `None` where it is not about the certificate itself.
    #[must_use]
    pub fn fault(&self, whose: &str, host: &str) -> Option<String> {
        const CLOCK: &str = "; is the clock of this machine right?";
        match self {
            Self::OtherName { valid_for } if valid_for.is_empty() => {
                Some(format!("the certificate of {whose} is not for the name {host}"))
            }
            Self::OtherName { valid_for } => {
                Some(format!("the certificate of {whose} is not for the name {host} (it is for {valid_for})"))
            }
            Self::Expired => {
                Some(format!("the certificate of {whose} has expired, who runs it has to renew it{CLOCK}"))
            }
            Self::NotYetValid => Some(format!("the certificate of {whose} is not valid yet{CLOCK}")),
            Self::Untrusted | Self::NoTls => None,
        }
    }
}

/// `DnsName("a") or IpAddress(1.2.3.4)` → `a or 1.2.3.4`, up to the end of the list.
fn plain_names(names: &str) -> String {
    let plain = names.replace("DnsName(", "").replace("IpAddress(", "").replace(['"', ')'], "");
    plain.split(';').next().unwrap_or_default().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_librarys_words_are_told_apart() {
        let name = "client error (Connect): invalid peer certificate: certificate not valid for name \"127.0.0.1\"; \
                    certificate is only valid for DnsName(\"a.example\") or IpAddress(10.0.0.1)";
        let other_name = |valid_for: &str| TlsTrouble::OtherName { valid_for: valid_for.to_owned() };
        for (words, trouble) in [
            ("invalid peer certificate: UnknownIssuer", Some(TlsTrouble::Untrusted)),
            ("invalid peer certificate: Other(OtherError(CaUsedAsEndEntity))", Some(TlsTrouble::Untrusted)),
            (name, Some(other_name("a.example or 10.0.0.1"))),
            ("invalid peer certificate: NotValidForName", Some(other_name(""))),
            ("invalid peer certificate: certificate expired: verification time 1 (UNIX)", Some(TlsTrouble::Expired)),
            ("invalid peer certificate: Expired", Some(TlsTrouble::Expired)),
            ("invalid peer certificate: certificate not valid yet: verification", Some(TlsTrouble::NotYetValid)),
            ("received corrupt message of type InvalidContentType", Some(TlsTrouble::NoTls)),
            ("connection reset", None),
        ] {
            assert_eq!(TlsTrouble::of_words(words), trouble, "{words}");
        }
        let fault = other_name("a.example").fault("https://b", "b").unwrap();
        assert_eq!(fault, "the certificate of https://b is not for the name b (it is for a.example)");
    }
}
