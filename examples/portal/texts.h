/*
 * What the pages say, in Chinese and in English.                          Threads: immutable.
 */
#pragma once

enum language { LANGUAGE_ZH, LANGUAGE_EN };

/* name, Chinese, English */
#define TEXTS(T)                                                                                   \
	T(LANG, "zh-CN", "en")                                                                     \
	T(OTHER_LANG, "en", "zh-CN")                                                               \
	T(OTHER_LANGUAGE, "English", "中文")                                                       \
	T(SAMPLE, "示例门户，人物均为虚构", "A sample portal. All persons are fictional.")         \
	T(ERROR, "错误", "Error")                                                                  \
	T(SIGN_IN, "登录", "Sign in")                                                              \
	T(SIGN_OUT, "退出登录", "Sign out")                                                        \
	T(BACK, "返回首页", "Back to the start page")                                              \
	T(ON_LEAVING, "将同时退出统一身份认证", "This also signs you out of the identity service") \
                                                                                                   \
	T(MOTTO, "一次认证，全网通办", "One authentication, whole-network access")                 \
	T(MOTTO_WORDS,                                                                             \
	  "通过统一身份认证登录一次，即可在各地区、各部门平台办理事项。",                            \
	  "Sign in once with the unified identity service, and every platform knows who you are.") \
	T(GUEST, "您尚未登录", "You are not signed in")                                            \
	T(VISIT, "也可以先访问", "Or go first to")                                                 \
                                                                                                   \
	T(HELLO, "您好", "Hello")                                                                  \
	T(SIGNED_IN, "已登录", "Signed in")                                                        \
	T(FIRST, "您刚刚完成了身份认证。", "You have just proved who you are.")                    \
	T(SINGLE, "无需再次登录，本平台信任您此前的身份认证。",                                  \
	  "No second sign-in: this platform trusts the authentication that you made before.")      \
	T(GO_ON, "无需再次登录，直接前往", "Go on, without a second sign-in, to")                  \
                                                                                                   \
	T(RECEIVED, "本平台收到的信息", "What this platform was told")                             \
	T(RECEIVED_WORDS, "仅包含本平台登记范围内的信息。",                                        \
	  "Nothing beyond what it is registered for.")                                             \
	T(AUTHENTICATION, "本次身份认证", "This authentication")                                   \
	T(AUTHENTICATION_WORDS, "身份令牌由本平台自行验证，无需向签发者查询。",                        \
	  "The ID token was verified here, without asking its issuer.")                            \
	T(ALL_CLAIMS, "身份令牌的全部内容", "All that the ID token says")                          \
	T(LEVEL, "级", "Level")                                                                    \
	T(BEIJING, "北京时间", "Beijing time")                                                     \
	T(MALE, "男", "Male")                                                                      \
	T(FEMALE, "女", "Female")                                                                  \
	T(PASSWORD, "密码", "Password")                                                            \
	T(YES, "是", "Yes")                                                                        \
	T(NO, "否", "No")                                                                          \
                                                                                                   \
	T(OFFLINE, "离线验证访问令牌", "Verify the access token offline")                          \
	T(OFFLINE_WORDS,                                                                           \
	  "以下各行由 libauth 在本机即时验证，没有访问网络。只有第一行应当通过。",                 \
	  "libauth has just verified each of these here, without the network. Only the first "     \
	  "should pass.")                                                                          \
	T(TRIAL_GENUINE, "收到的令牌", "The token as it came")                                     \
	T(TRIAL_PAYLOAD, "改动内容中的一个字符", "One character of its claims changed")            \
	T(TRIAL_SIGNATURE, "改动签名中的一个字符", "One character of its signature changed")       \
	T(TRIAL_LATER, "同一令牌，一天之后", "The same token, a day from now")                     \
	T(TRIAL_WRONG, "以身份令牌冒充访问令牌", "The ID token in place of an access token")       \
	T(PASSED, "通过", "Passed")                                                                \
	T(REFUSED, "拒绝", "Refused")                                                              \
	T(MICROSECONDS, "微秒", "µs")                                                              \
	T(ACCESS_CLAIMS, "访问令牌的全部内容", "All that the access token says")                   \
	T(ACCESS_GONE, "访问令牌已过有效期，内容不再显示。重新登录可获得新的令牌。",               \
	  "The access token does not hold any more. Sign in again for a new one.")                 \
	T(RAW, "令牌原文（仅供学习）", "The token itself (for learning alone)")                    \
                                                                                                   \
	T(SIGNED_OUT, "您已退出登录", "You are signed out")                                        \
	T(SIGNED_OUT_WORDS,                                                                        \
	  "本平台和统一身份认证的会话均已结束。其他平台自己的会话不受影响，请在该平台退出。",      \
	  "Your sessions here and at the identity service are over. Another platform's own "       \
	  "session goes on until you sign out there.")                                             \
                                                                                                   \
	T(NOT_SIGNED_IN, "登录未完成", "You were not signed in")                                   \
	T(AGAIN, "重新登录", "Sign in again")                                                      \
	T(WHY_UNKNOWN_LOGIN,                                                                       \
	  "本次登录不是由本浏览器发起，或已被使用，或已超时。",                            \
	  "This sign-in was not begun in this browser, was used before, or took too long.")        \
	T(WHY_OTHER_ISSUER, "返回结果并非来自本平台信任的统一身份认证。",                              \
	  "The answer does not come from the identity service that this platform trusts.")         \
	T(WHY_REFUSED, "您已取消登录，或统一身份认证未予通过。",                                 \
	  "You cancelled, or the identity service did not agree.")                                 \
	T(WHY_BAD_TOKEN, "收到的身份令牌未通过验证。",                                             \
	  "What the identity service sent did not pass verification.")                             \
	T(WHY_UNREACHABLE, "暂时无法连接统一身份认证，请稍后再试。",                               \
	  "The identity service cannot be reached. Please try again soon.")                        \
	T(WHY_FAULT, "本平台出现问题，请稍后再试。",                                               \
	  "Something went wrong here. Please try again soon.")                                     \
	T(NOT_FOUND, "找不到此页面", "Page not found")                                             \
	T(NOT_FOUND_WORDS, "网址可能有误。", "The address may be wrong.")                          \
	T(FOR_STAFF, "供技术人员参考", "For technical staff")                                      \
                                                                                                   \
	T(CLAIM_NAME, "姓名", "Name")                                                              \
	T(CLAIM_PREFERRED_USERNAME, "登录名", "Sign-in name")                                      \
	T(CLAIM_BIRTHDATE, "出生日期", "Date of birth")                                            \
	T(CLAIM_GENDER, "性别", "Gender")                                                          \
	T(CLAIM_PHONE_NUMBER, "手机号码", "Phone number")                                          \
	T(CLAIM_EMAIL, "电子邮箱", "Email address")                                                \
	T(CLAIM_UPDATED_AT, "信息更新时间", "Last updated")                                        \
	T(CLAIM_ACR, "实名等级", "Level of assurance")                                             \
	T(CLAIM_AUTH_TIME, "认证时间", "Authenticated at")                                         \
	T(CLAIM_AMR, "认证方式", "Authenticated by")                                               \
	T(CLAIM_ISS, "签发者", "Issuer")                                                           \
	T(CLAIM_SUB, "本平台专用标识", "Identifier for this platform alone")

enum text {
#define T(name, zh, en) TEXT_##name,
	TEXTS(T)
#undef T
};

const char *text_of(enum text text, enum language language);
