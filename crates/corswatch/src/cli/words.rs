//! Words that several commands read.

/// How a policy is written; `None` is found out.
pub(crate) type FormChoice = Option<policy::Form>;

pub(crate) fn form(text: &str) -> Result<FormChoice, String> {
    if text == "auto" {
        return Ok(None);
    }
    one_form(text)
        .map(Some)
        .map_err(|names| format!("{names}, auto"))
}

pub(crate) fn one_form(text: &str) -> Result<policy::Form, String> {
    policy::Form::parse(text).ok_or_else(|| {
        let names: Vec<_> = policy::Form::ALL.iter().map(|form| form.as_str()).collect();
        format!("there are: {}", names.join(", "))
    })
}

pub(crate) fn page_origin(text: &str) -> Result<cors::Origin, String> {
    cors::Origin::parse(text).ok_or_else(|| {
        web::mistake(text, web::Schemes::Any)
            .unwrap_or_else(|| "not an origin: write it as `https://app.example`".to_owned())
    })
}

pub(crate) fn web_url(text: &str) -> Result<url::Url, String> {
    settings::web_url(text)
}
