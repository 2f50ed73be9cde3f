//! The search for tokens in everything that a node leaves behind.

use data_encoding::{BASE64, BASE64URL_NOPAD, HEXLOWER, HEXUPPER};

/// The data of a run, by its source. Bytes are kept as characters of the same number, which can be searched fast.
#[derive(Default)]
pub struct NodeData(Vec<(String, String)>);

impl NodeData {
    pub fn add(&mut self, source: impl Into<String>, data: &[u8]) {
        self.0.push((source.into(), to_text(data)));
    }

    /// Returns the sources that contain a token, an API key, or their decoded bytes, in any form.
    pub fn sources_with(&self, secret: &str) -> Vec<&str> {
        let forms = forms_of(secret);
        let contains = |data: &str| forms.iter().any(|form| data.contains(form.as_str()));
        self.0.iter().filter(|(_, data)| contains(data)).map(|(source, _)| source.as_str()).collect()
    }

    /// Returns the number of bytes of each source.
    pub fn sizes(&self) -> Vec<(&str, usize)> {
        self.0.iter().map(|(source, data)| (source.as_str(), data.chars().count())).collect()
    }
}

fn to_text(data: &[u8]) -> String {
    data.iter().map(|byte| char::from(*byte)).collect()
}

/// Returns the forms in which a token (`sa_…`) or an API key (`sak_…`), or its secret part, could be stored.
fn forms_of(secret: &str) -> Vec<String> {
    let (prefix, encoded) = secret.split_once('_').expect("a prefix");
    let decoded = BASE64URL_NOPAD.decode(encoded.as_bytes()).expect("a token or an API key");
    let part = match prefix {
        "sa" => &decoded[21..53],
        "sak" => &decoded[8..40],
        other => panic!("{other} is no prefix"),
    };
    let text = secret.as_bytes();
    let mut forms = vec![encoded.to_owned(), HEXLOWER.encode(text), HEXUPPER.encode(text)];
    for bytes in [&decoded, part] {
        forms.extend([to_text(bytes), HEXLOWER.encode(bytes), HEXUPPER.encode(bytes)]);
        forms.extend([BASE64.encode(bytes), BASE64URL_NOPAD.encode(bytes)]);
        forms.push(format!("{bytes:?}").trim_matches(['[', ']']).to_owned());
    }
    forms
}

#[test]
fn a_token_is_found_in_each_form() {
    let decoded: Vec<u8> = (100..161).collect();
    let token = format!("sa_{}", BASE64URL_NOPAD.encode(&decoded));
    let secret = &decoded[21..53];
    for planted in [
        token.clone().into_bytes(),
        decoded.clone(),
        secret.to_vec(),
        HEXUPPER.encode(secret).into_bytes(),
        HEXLOWER.encode(token.as_bytes()).into_bytes(),
        BASE64.encode(secret).into_bytes(),
        format!("{secret:?}").into_bytes(),
    ] {
        let mut data = NodeData::default();
        let (start, end) = planted.split_at(planted.len() / 2);
        data.add("clean", &[start, b"-", end].concat());
        data.add("planted", &[b"before \xff", planted.as_slice(), b" after"].concat());
        assert_eq!(data.sources_with(&token), ["planted"]);
    }
}
