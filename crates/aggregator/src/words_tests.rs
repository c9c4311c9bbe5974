use super::*;

#[test]
fn links_carry_the_filters_and_nothing_is_linked_without_an_address() {
    let mut filter = SliFilter::app("shop");
    filter.service = Some("cart & co".to_owned());
    assert_eq!(
        dashboard_url("https://corswatch.test/ui/", &filter),
        "https://corswatch.test/ui/?app=shop&service=cart+%26+co"
    );
    assert_eq!(dashboard_url("", &filter), "");
}
